// The built package, as users get it. By path, because bench/ is a package of its own: in it "permid64" is unknown.
const built: typeof import("../../dist/types/index.js") & typeof import("../../dist/types/counter/redis/index.js") = {
  ...(await import(String(new URL("../../dist/index.js", import.meta.url)))),
  ...(await import(String(new URL("../../dist/redis.js", import.meta.url)))),
};

export const {
  AsyncId64,
  Feistel64Permutation,
  Id64,
  MemoryCounter,
  MultiplyOddPermutation,
  PublicId,
  RedisCounter,
  SpeckPermutation,
} = built;
export type { EngineName, Id64 as Generator, PublicId as PublicIds } from "../../dist/types/index.js";
