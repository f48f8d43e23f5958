/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, or what stands for it where a runtime does not have it yet: a class body needs a symbol. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);

/**
 * What `using` closes. The result of a pure call, because esbuild takes a class whose body computes a key for a side
 * effect, and would put it in every bundle.
 */
export const Closeable = /* @__PURE__ */ (() => {
  abstract class Closeable {
    abstract close(): void;

    /** `close`, for `using x = …`. */
    [dispose](): void {
      this.close();
    }
  }
  return Closeable;
})();

/** Likewise. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/** What `await using` closes. */
export const AsyncCloseable = /* @__PURE__ */ (() => {
  abstract class AsyncCloseable {
    abstract close(): Promise<void>;

    /** `close`, for `await using x = …`. */
    [asyncDispose](): Promise<void> {
      return this.close();
    }
  }
  return AsyncCloseable;
})();
