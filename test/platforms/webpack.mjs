// webpack.mjs FILE OUT: what webpack does without a configuration.
import { basename, dirname } from "node:path";
import webpack from "webpack";

const [entry, out] = process.argv.slice(2);
webpack(
  {
    mode: "production",
    entry,
    context: dirname(entry),
    output: { path: dirname(out), filename: basename(out) },
    // The suite's vectors are more than it finds reasonable.
    performance: false,
  },
  (error, stats) => {
    if (error) throw error;
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
  },
);
