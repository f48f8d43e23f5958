/// <reference lib="esnext.disposable" preserve="true" />

/** The well-known symbols, or stand-ins where a runtime does not have them yet. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/**
 * Lets `using` close an object. A call in the constructor rather than a method, because esbuild takes a class whose body
 * computes a key for a side effect, and would put it in every bundle.
 */
export function closeByUsing(object: { close(): void }): void {
  Object.defineProperty(object, dispose, { value: () => object.close() });
}

/** Lets `await using` close an object. */
export function closeByAwaitUsing(object: { close(): Promise<void> }): void {
  Object.defineProperty(object, asyncDispose, { value: () => object.close() });
}
