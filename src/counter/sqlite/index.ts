export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LeaseInstanceOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export { SqliteCounter, type SqliteCounterOptions } from "./counter.js";
export type { SqliteOptions } from "./store.js";
