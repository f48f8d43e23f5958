import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { app, bin, installed, run, script, versionOf } from "./matrix.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundler {
  readonly version: string;
  /** Bundles and minifies a file of the app's, with no more configuration than that. Returns the bundle's path. */
  bundle(file: string): Promise<string>;
}

export const esbuild: Bundler = {
  version: versionOf(installed("esbuild/package.json")),
  async bundle(file) {
    const out = join(app, "esbuild", file);
    await run([bin("esbuild")], file, "--bundle", "--minify", "--format=esm", `--outfile=${out}`);
    return out;
  },
};

export const rollup: Bundler = {
  version: versionOf(join(root, "node_modules/rollup/package.json")),
  async bundle(file) {
    const out = join(app, "rollup", file);
    // Rollup alone neither finds packages nor minifies.
    const flags = ["--plugin", "node-resolve", "--plugin", "terser", "--failAfterWarnings", "--file", out];
    await run([join(root, "node_modules/.bin/rollup")], file, ...flags);
    return out;
  },
};

export const vite: Bundler = {
  version: versionOf(installed("vite/package.json")),
  async bundle(file) {
    const folder = join(app, "vite", file);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "index.html"),
      `<!doctype html><script type="module" src="${join(app, file)}"></script>`,
    );
    await run([bin("vite")], "build", folder);
    const assets = join(folder, "dist/assets");
    return join(assets, readdirSync(assets)[0]!);
  },
};

export const webpack: Bundler = {
  version: versionOf(installed("webpack/package.json")),
  async bundle(file) {
    const out = join(app, "webpack", file);
    await run(script("webpack.mjs"), join(app, file), out);
    return out;
  },
};
