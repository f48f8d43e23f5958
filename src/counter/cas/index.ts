export type {
  CounterOptions,
  CounterState,
  CreateOptions,
  LeaseInstanceOptions,
  LineageOptions,
  RaiseOptions,
  SpaceOptions,
} from "../options.js";
export type { CasStore, SwapCreateOptions, SwapOptions } from "../swap.js";
export { CasCounter, type CasCounterOptions } from "./counter.js";
