import { suite } from "./suite.mjs";

addEventListener("message", ({ source }) => source.postMessage(suite()));
