/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, or what stands for it where a runtime does not have it yet: a class body needs a symbol. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
