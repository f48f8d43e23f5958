export type { RecordCounterOptions, RecordCreateOptions } from "../record.js";
export { IndexedDbCounter, type IndexedDbOptions } from "./counter.js";
export type { IndexedDbFactory } from "./store.js";
