import { type Codec, strideOf } from "../codec/codec.js";
import type { Engine, Kernel, PermutationSpec } from "./engine.js";

/** What assembly/index.ts exports. A u64 goes in as a BigInt, and comes out as a signed one. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  readonly CAPACITY: WebAssembly.Global<"i32">;
  readonly MAX_ROUNDS: WebAssembly.Global<"i32">;
  readonly IDS: WebAssembly.Global<"i32">;
  readonly INSTANCES: WebAssembly.Global<"i32">;
  readonly TEXT: WebAssembly.Global<"i32">;
  readonly ROUND_KEYS: WebAssembly.Global<"i32">;
  multiplyAdd(x: bigint, a: bigint, b: bigint): bigint;
  multiplyAddMany(a: bigint, b: bigint, count: number): void;
  multiplyFill(start: bigint, a: bigint, b: bigint, count: number): void;
  feistelForward(x: bigint, rounds: number): bigint;
  feistelInverse(y: bigint, rounds: number): bigint;
  feistelForwardMany(rounds: number, count: number): void;
  feistelInverseMany(rounds: number, count: number): void;
  feistelFill(start: bigint, rounds: number, count: number): void;
  base62Encode(count: number, stride: number, separator: number): void;
  base62Decode(count: number, stride: number): number;
  crockford32Encode(count: number, stride: number, separator: number): void;
  crockford32Decode(count: number, stride: number): number;
  join(head: number, scale: bigint, tail: number): bigint;
  split(instanceBits: number, count: number): void;
}

/** One permutation as calls into the module, on its buffers. */
interface Program {
  forward(x: bigint): bigint;
  inverse(y: bigint): bigint;
  forwardMany(count: number): void;
  inverseMany(count: number): void;
  fill(start: bigint, count: number): void;
}

/**
 * The engine on one instance of the module. All generators of a thread share it: every call writes its input to
 * the module's buffers, runs, and copies its output from them, and no code of the user's runs in between.
 */
export function wasmEngine(wasm: WasmExports): Engine {
  const capacity = wasm.CAPACITY.value;
  const { buffer } = wasm.memory;
  const ids = new BigUint64Array(buffer, wasm.IDS.value, capacity);
  const instances = new Uint32Array(buffer, wasm.INSTANCES.value, capacity);
  const textBytes = new Uint8Array(buffer, wasm.TEXT.value);
  const encryptionKeys = new Uint32Array(buffer, wasm.ROUND_KEYS.value, wasm.MAX_ROUNDS.value);
  const decryptionKeys = new Uint32Array(
    buffer,
    wasm.ROUND_KEYS.value + encryptionKeys.byteLength,
    wasm.MAX_ROUNDS.value,
  );
  const ascii = new TextDecoder("latin1");
  const codecs = {
    base62: { encode: wasm.base62Encode, decode: wasm.base62Decode, scale: 62n ** 5n },
    crockford32: { encode: wasm.crockford32Encode, decode: wasm.crockford32Decode, scale: 32n ** 6n },
  };

  /** Calls `work` for consecutive parts of at most `capacity` of `total` items. */
  function inChunks(total: number, work: (from: number, count: number) => void): void {
    for (let from = 0; from < total; from += capacity) work(from, Math.min(capacity, total - from));
  }

  function multiplicative(a: bigint, b: bigint, inverseA: bigint, inverseB: bigint): Program {
    return {
      forward: (x) => wasm.multiplyAdd(x, a, b),
      inverse: (y) => wasm.multiplyAdd(y, inverseA, inverseB),
      forwardMany: (count) => wasm.multiplyAddMany(a, b, count),
      inverseMany: (count) => wasm.multiplyAddMany(inverseA, inverseB, count),
      fill: (start, count) => wasm.multiplyFill(start, a, b, count),
    };
  }

  /** Whose round keys the module holds: they are written once per change of permutation, not once per call. */
  let loadedKeys: Uint32Array | undefined;

  function feistel(roundKeys: Uint32Array): Program {
    const rounds = roundKeys.length;
    const load = () => {
      if (loadedKeys === roundKeys) return;
      encryptionKeys.set(roundKeys);
      decryptionKeys.set(roundKeys.toReversed());
      loadedKeys = roundKeys;
    };
    return {
      forward(x) {
        load();
        return wasm.feistelForward(x, rounds);
      },
      inverse(y) {
        load();
        return wasm.feistelInverse(y, rounds);
      },
      forwardMany(count) {
        load();
        wasm.feistelForwardMany(rounds, count);
      },
      inverseMany(count) {
        load();
        wasm.feistelInverseMany(rounds, count);
      },
      fill(start, count) {
        load();
        wasm.feistelFill(start, rounds, count);
      },
    };
  }

  function program(spec: PermutationSpec): Program {
    switch (spec.kind) {
      case "identity":
        return multiplicative(1n, 0n, 1n, 0n);
      case "multiplicative":
        return multiplicative(spec.a, spec.b, spec.inverseA, spec.inverseB);
      case "feistel":
        return feistel(spec.roundKeys);
    }
  }

  function kernel(spec: PermutationSpec): Kernel {
    const run = program(spec);
    const inPlace = (xs: BigUint64Array, step: (count: number) => void) =>
      inChunks(xs.length, (from, count) => {
        const part = xs.subarray(from, from + count);
        ids.set(part);
        step(count);
        part.set(count === capacity ? ids : ids.subarray(0, count));
      });
    return {
      forward: (x) => BigInt.asUintN(64, run.forward(x)),
      inverse: (y) => BigInt.asUintN(64, run.inverse(y)),
      forwardMany: (xs) => inPlace(xs, run.forwardMany),
      inverseMany: (ys) => inPlace(ys, run.inverseMany),
      fill(start, out) {
        inChunks(out.length, (from, count) => {
          run.fill(start + BigInt(from), count);
          out.set(count === capacity ? ids : ids.subarray(0, count), from);
        });
      },
      text(codec, start, count) {
        let text = "";
        inChunks(count, (from, part) => {
          run.fill(start + BigInt(from), part);
          text += encodedText(codec, part);
        });
        return text;
      },
      fillText(codec, start, out, separator) {
        const stride = strideOf(codec, separator);
        inChunks(Math.floor(out.length / stride), (from, count) => {
          run.fill(start + BigInt(from), count);
          codecs[codec.name].encode(count, stride, separator ?? 0);
          out.set(textBytes.subarray(0, count * stride), from * stride);
        });
      },
    };
  }

  /** The tokens of the first `count` ids in memory. */
  function encodedText(codec: Codec, count: number): string {
    codecs[codec.name].encode(count, codec.length, 0);
    return ascii.decode(textBytes.subarray(0, count * codec.length));
  }

  return {
    name: "wasm",
    window: capacity,
    kernel,
    encode(codec, id) {
      ids[0] = id;
      return encodedText(codec, 1);
    },
    text(codec, values) {
      let text = "";
      inChunks(values.length, (from, count) => {
        ids.set(values.subarray(from, from + count));
        text += encodedText(codec, count);
      });
      return text;
    },
    encodeMany(codec, values, out, separator) {
      const stride = strideOf(codec, separator);
      inChunks(values.length, (from, count) => {
        ids.set(values.subarray(from, from + count));
        codecs[codec.name].encode(count, stride, separator ?? 0);
        out.set(textBytes.subarray(0, count * stride), from * stride);
      });
    },
    join: (codec, head, tail) => BigInt.asUintN(64, wasm.join(head, codecs[codec.name].scale, tail)),
    decodeMany(codec, bytes, stride, out) {
      for (let from = 0; from < out.length; from += capacity) {
        const count = Math.min(capacity, out.length - from);
        textBytes.set(bytes.subarray(from * stride, (from + count) * stride));
        const valid = codecs[codec.name].decode(count, stride);
        out.set(ids.subarray(0, valid), from);
        if (valid < count) return from + valid;
      }
      return out.length;
    },
    split(raws, instanceBits, out) {
      inChunks(raws.length, (from, count) => {
        const part = raws.subarray(from, from + count);
        ids.set(part);
        wasm.split(instanceBits, count);
        part.set(ids.subarray(0, count));
        out.set(instances.subarray(0, count), from);
      });
    },
  };
}
