/** The compiled module as base64, put in by the bundler (rollup.config.mjs). */
declare module "permid64.wasm?base64" {
  const base64: string;
  export default base64;
}
