export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LeaseInstanceOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export { DurableObjectCounter } from "./counter.js";
export type { DurableObjectStorage } from "./store.js";
