/** The compiled module in hexadecimal, put in by the bundler (rollup.config.mjs). */
declare module "permid64.wasm?hex" {
  const hex: string;
  export default hex;
}

/** The same as a file, beside the bundle. `?module` is what Next.js wants to see, and others do not mind. */
declare module "permid64.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
