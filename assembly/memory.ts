// Constant vectors of hot loops are kept in memory too, and loaded into locals before the loop: a v128.const inside it
// is put together anew, from four instructions, in every iteration (V8 13.6).

/** Ids per batch. Chosen so that all buffers below stay in a 48 KiB first-level cache. */
export const CAPACITY: i32 = 1024;

/** Rounds of a cipher at most, which is what there is room for below. */
export const MAX_ROUNDS: i32 = 256;

/** CAPACITY u64: ids in, ids out. */
export const IDS: usize = memory.data(CAPACITY * 8, 16);

/** CAPACITY u32: instance ids, written by split. */
export const INSTANCES: usize = memory.data(CAPACITY * 4, 16);

/** CAPACITY tokens of at most 13 characters, each with room for one separator; and what a last wide store needs. */
export const TEXT: usize = memory.data(CAPACITY * 14 + 16, 16);

/** MAX_ROUNDS u32: the round keys of Feistel or Speck, in the order of encryption. */
export const ENCRYPTION_KEYS: usize = memory.data(MAX_ROUNDS * 4, 16);

/** The same in the order of decryption. */
export const DECRYPTION_KEYS: usize = memory.data(MAX_ROUNDS * 4, 16);

/** The parameters of the permutation that is loaded: a and b of a multiplicative one, and those of its inverse. */
export const PARAMETERS: usize = memory.data(4 * 8, 16);
