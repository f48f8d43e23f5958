export type { RecordCounterOptions, RecordCreateOptions } from "../record.js";
export { DurableObjectCounter, type DurableObjectStore } from "./counter.js";
