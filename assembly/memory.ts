/** Ids per batch. Chosen so that all buffers below stay in a 48 KiB first-level cache. */
export const CAPACITY: i32 = 1024;

/** Feistel rounds at most, which is what ROUND_KEYS has room for. */
export const MAX_ROUNDS: i32 = 256;

/** CAPACITY u64: ids in, ids out. */
export const IDS: usize = memory.data(CAPACITY * 8, 16);

/** CAPACITY u32: instance ids, written by split. */
export const INSTANCES: usize = memory.data(CAPACITY * 4, 16);

/** CAPACITY tokens of at most 13 characters, each with room for one separator. */
export const TEXT: usize = memory.data(CAPACITY * 14, 16);

/** MAX_ROUNDS u32 in the order of encryption, then the same in the order of decryption. */
export const ROUND_KEYS: usize = memory.data(2 * MAX_ROUNDS * 4, 16);
