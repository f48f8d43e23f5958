// A realm whose primordials nobody can change, as hardened apps have it.
import { report } from "./report.mjs";

const TYPES = [
  ...[Object, Function, Array, String, Number, BigInt, Boolean, Symbol, RegExp, Date, Promise, Map, Set, WeakMap],
  ...[Error, TypeError, RangeError, SyntaxError, ArrayBuffer, DataView, Uint8Array, Uint32Array, BigUint64Array],
  Object.getPrototypeOf(Uint8Array),
];
for (const type of TYPES) Object.freeze(Object.freeze(type).prototype);
for (const namespace of [Math, JSON, Reflect, WebAssembly]) Object.freeze(namespace);
const { suite } = await import("./suite.mjs");
report(suite());
