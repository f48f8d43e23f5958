// An app with everything in it.
import { suite } from "./suite.mjs";

console.log(JSON.stringify(suite()));
