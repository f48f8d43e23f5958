export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export { IndexedDbCounter, type IndexedDbCounterOptions } from "./counter.js";
export type { IndexedDbFactory, IndexedDbOptions } from "./store.js";
