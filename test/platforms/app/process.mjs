// Node, Deno and Bun: process.mjs OPTIONS_AS_JSON
import { suite } from "./suite.mjs";

console.log(JSON.stringify({ versions: process.versions, ...suite(JSON.parse(process.argv[2])) }));
