/** The compiled module in hexadecimal, put in by the bundler (rollup.config.mjs). */
declare module "permid64.wasm?hex" {
  const hex: string;
  export default hex;
}
