import { type Codec, defineCodec } from "./codec.js";

export const base62: Codec = /* @__PURE__ */ defineCodec(
  "base62",
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
  11,
  5,
);
