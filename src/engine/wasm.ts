import { type Codec, strideOf } from "../codec/codec.js";
import { bigintPermutation } from "./bigint.js";
import type { DecodedIds, Engine, Kernel, PermutationParameters } from "./engine.js";
import { bigintKernel } from "./kernel.js";

/** The exports of assembly/index.ts. A u64 comes out through memory: as a result, it would be signed. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  readonly CAPACITY: WebAssembly.Global<"i32">;
  readonly MAX_ROUNDS: WebAssembly.Global<"i32">;
  readonly IDS: WebAssembly.Global<"i32">;
  readonly INSTANCES: WebAssembly.Global<"i32">;
  readonly TEXT: WebAssembly.Global<"i32">;
  readonly PARAMETERS: WebAssembly.Global<"i32">;
  readonly ENCRYPTION_KEYS: WebAssembly.Global<"i32">;
  readonly DECRYPTION_KEYS: WebAssembly.Global<"i32">;
  progression(first: bigint, step: bigint, count: number): void;
  multiplicativeFill(start: bigint, count: number): void;
  multiplicativeForward(count: number): void;
  multiplicativeInverse(count: number): void;
  feistelForward(rounds: number, count: number): void;
  feistelInverse(rounds: number, count: number): void;
  speckForward(count: number): void;
  speckInverse(count: number): void;
  base62Encode(count: number, stride: number, separator: number): void;
  base62Decode(count: number, stride: number): number;
  crockford32Encode(count: number, stride: number, separator: number): void;
  crockford32Decode(count: number, stride: number): number;
  join(head: number, scale: number, tail: number): void;
  split(instanceBits: number, count: number): void;
}

/** Up to this many ids, arithmetic on BigInts takes less time than crossing into the module. A cipher always crosses. */
const FEW = 64;

/** The calls into the module that run one permutation on its buffers. */
interface Routines {
  /** Writes the parameters, unless they are those that the module holds. */
  load(): void;
  fill(start: bigint, count: number): void;
  forward(count: number): void;
  inverse(count: number): void;
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
  const parameterArea = new BigUint64Array(buffer, wasm.PARAMETERS.value, 4);
  const encryptionKeys = new Uint32Array(buffer, wasm.ENCRYPTION_KEYS.value, wasm.MAX_ROUNDS.value);
  const decryptionKeys = new Uint32Array(buffer, wasm.DECRYPTION_KEYS.value, wasm.MAX_ROUNDS.value);
  const ascii = new TextDecoder("latin1");
  const codecs = {
    base62: { encode: wasm.base62Encode, decode: wasm.base62Decode },
    crockford32: { encode: wasm.crockford32Encode, decode: wasm.crockford32Decode },
  };

  /** Calls `work` for consecutive parts of at most `capacity` of `total` items. */
  function inChunks(total: number, work: (from: number, count: number) => void): void {
    for (let from = 0; from < total; from += capacity) work(from, Math.min(capacity, total - from));
  }

  /** The parameters that the module holds. They are written once per change of permutation, not once per call. */
  let loaded: PermutationParameters | undefined;

  function multiplicative(parameters: PermutationParameters, values: readonly bigint[]): Routines {
    return {
      load() {
        if (loaded === parameters) return;
        parameterArea.set(values);
        loaded = parameters;
      },
      fill: wasm.multiplicativeFill,
      forward: wasm.multiplicativeForward,
      inverse: wasm.multiplicativeInverse,
    };
  }

  function cipher(
    parameters: PermutationParameters,
    roundKeys: Uint32Array,
    forward: (count: number) => void,
    inverse: (count: number) => void,
  ): Routines {
    return {
      load() {
        if (loaded === parameters) return;
        encryptionKeys.set(roundKeys);
        decryptionKeys.set(roundKeys.toReversed());
        loaded = parameters;
      },
      fill(start, count) {
        wasm.progression(start, 1n, count);
        forward(count);
      },
      forward,
      inverse,
    };
  }

  function routinesOf(parameters: PermutationParameters): Routines {
    switch (parameters.kind) {
      case "identity":
        return multiplicative(parameters, [1n, 0n, 1n, 0n]);
      case "multiplicative":
        return multiplicative(parameters, [parameters.a, parameters.b, parameters.inverseA, parameters.inverseB]);
      case "feistel": {
        const { roundKeys } = parameters;
        const { length } = roundKeys;
        return cipher(
          parameters,
          roundKeys,
          (count) => wasm.feistelForward(length, count),
          (count) => wasm.feistelInverse(length, count),
        );
      }
      case "speck":
        return cipher(parameters, parameters.roundKeys, wasm.speckForward, wasm.speckInverse);
    }
  }

  function kernel(parameters: PermutationParameters): Kernel {
    const run = routinesOf(parameters);
    const few = parameters.kind === "feistel" || parameters.kind === "speck" ? 0 : FEW;
    const plain = bigintKernel(engine, bigintPermutation(parameters));
    const single = (step: (count: number) => void) => (x: bigint) => {
      run.load();
      ids[0] = x;
      step(1);
      return ids[0];
    };
    const inPlace = (xs: BigUint64Array, step: (count: number) => void) => {
      run.load();
      inChunks(xs.length, (from, count) => {
        const part = xs.subarray(from, from + count);
        ids.set(part);
        step(count);
        part.set(ids.subarray(0, count));
      });
    };
    return {
      forward: few ? plain.forward : single(run.forward),
      inverse: few ? plain.inverse : single(run.inverse),
      forwardMany: (xs) => (xs.length <= few ? plain.forwardMany(xs) : inPlace(xs, run.forward)),
      inverseMany: (ys) => (ys.length <= few ? plain.inverseMany(ys) : inPlace(ys, run.inverse)),
      decodeIds(values, { instanceBits }, out) {
        run.load();
        inChunks(values.length, (from, count) => {
          ids.set(values.subarray(from, from + count));
          decodeInMemory(run, instanceBits, from, count, out);
        });
      },
      decodeTokens(codec, bytes, stride, { instanceBits }, out) {
        run.load();
        return decodeChunks(codec, bytes, stride, out.sequence.length, (from, count) =>
          decodeInMemory(run, instanceBits, from, count, out),
        );
      },
      decode(id, { instanceBits }) {
        run.load();
        ids[0] = id;
        run.inverse(1);
        const raw = ids[0];
        wasm.split(instanceBits, 1);
        return { raw, instanceId: instances[0]!, sequence: ids[0] };
      },
      fill(start, out) {
        if (out.length <= few) return plain.fill(start, out);
        run.load();
        inChunks(out.length, (from, count) => {
          run.fill(start + BigInt(from), count);
          out.set(count === capacity ? ids : ids.subarray(0, count), from);
        });
      },
      text(codec, start, count) {
        run.load();
        let text = "";
        inChunks(count, (from, part) => {
          run.fill(start + BigInt(from), part);
          text += encodedText(codec, part);
        });
        return text;
      },
      fillText(codec, start, out, separator) {
        run.load();
        const stride = strideOf(codec, separator);
        inChunks(Math.floor(out.length / stride), (from, count) => {
          run.fill(start + BigInt(from), count);
          codecs[codec.name].encode(count, stride, separator ?? 0);
          out.set(textBytes.subarray(0, count * stride), from * stride);
        });
      },
    };
  }

  /** The origins of the first `count` ids in memory, to `out` from `from` on. */
  function decodeInMemory(run: Routines, instanceBits: number, from: number, count: number, out: DecodedIds): void {
    run.inverse(count);
    wasm.split(instanceBits, count);
    out.sequence.set(ids.subarray(0, count), from);
    out.instanceId.set(instances.subarray(0, count), from);
  }

  /** The tokens of the first `count` ids in memory. */
  function encodedText(codec: Codec, count: number): string {
    codecs[codec.name].encode(count, codec.length, 0);
    return ascii.decode(textBytes.subarray(0, count * codec.length));
  }

  /** Reads tokens to ids in memory, and calls `use` for each part; returns how many precede the first invalid one. */
  function decodeChunks(
    codec: Codec,
    bytes: Uint8Array,
    stride: number,
    total: number,
    use: (from: number, count: number) => void,
  ): number {
    for (let from = 0; from < total; from += capacity) {
      const count = Math.min(capacity, total - from);
      textBytes.set(bytes.subarray(from * stride, (from + count) * stride));
      const valid = codecs[codec.name].decode(count, stride);
      use(from, valid);
      if (valid < count) return from + valid;
    }
    return total;
  }

  const engine: Engine = {
    name: "wasm",
    window: capacity,
    kernel,
    encode(codec, id) {
      ids[0] = id;
      codecs[codec.name].encode(1, codec.length, 0);
      // All codes in one call: a decoder, and a string that grows, take three times as long.
      const code = (i: number) => textBytes[i]!;
      // biome-ignore format: one line for 13 codes, the longest there is
      const text = String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6), code(7), code(8), code(9), code(10), code(11), code(12));
      return text.slice(0, codec.length);
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
    join({ scale }, head, tail) {
      wasm.join(head, scale, tail);
      return ids[0]!;
    },
    decodeMany: (codec, bytes, stride, out) =>
      decodeChunks(codec, bytes, stride, out.length, (from, count) => out.set(ids.subarray(0, count), from)),
  };
  return engine;
}
