// All of them: what is fast, and what takes minutes.
import { mergeConfig } from "vitest/config";
import stores from "./vitest.config.ts";

export default mergeConfig(stores, { test: { name: "faults", include: ["{postgres,redis,generator}/*.faults.ts"] } });
