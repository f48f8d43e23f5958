// The hot path. Every batch function works on the buffers of memory.ts: the host writes its input
// there, calls with a count of at most CAPACITY, and reads the result from there. The host validates;
// nothing here checks an argument.
//
// asconfig.json has shrinkLevel 1: at 2, the small functions of the inner loops stay calls, and V8 inlines them only at
// times, so that Feistel takes 1.5 times as long; at 0, the module is 400 bytes larger, and no faster.

export { base62Decode, base62Encode } from "./base62";
export { crockford32Decode, crockford32Encode } from "./crockford32";
export { join } from "./digits";
export { feistelForward, feistelInverse } from "./feistel";
export { split } from "./layout";
export { CAPACITY, DECRYPTION_KEYS, ENCRYPTION_KEYS, IDS, INSTANCES, MAX_ROUNDS, PARAMETERS, TEXT } from "./memory";
export { multiplicativeFill, multiplicativeForward, multiplicativeInverse, progression } from "./multiplicative";
export { speckForward, speckInverse } from "./speck";
