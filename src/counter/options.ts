import { checkString, outOfRange, type U64Like } from "../base/check.js";
import { Layout64, type LayoutOptions } from "../base/layout.js";
import { checkOptions, type OptionNames, refuseUndefined } from "../base/options.js";
import { checkInstanceId, checkMark, checkName } from "./checks.js";

// The options that all durable counters share, under the same names. Each counter adds those of its store.

export interface SpaceOptions {
  /** The id space, 1 to 64 characters; default `"default"`. All generators of one have the same layout and permutation. */
  name?: string;
}

export interface LineageOptions {
  /**
   * The lineage that `create` returned, a UUID. The counter refuses a store of another lineage. Without this option it
   * keeps to the first lineage that it finds. An undefined value, as of a variable that is not set, is refused.
   */
  lineage?: string | undefined;
}

export interface CounterOptions extends SpaceOptions, LineageOptions {
  /**
   * Consent to go on where the counter would refuse: after the store went back, and under another layout or permutation.
   * The mark is raised by this many numbers, 1 to 2^63 - 1, once for each such event. Give at least as many as the event
   * may have lost: what all processes reserve in that time, and two blocks of each process.
   */
  skipAhead?: U64Like;
}

export interface CreateOptions extends SpaceOptions {
  /** An integer from 0 to 2^32 - 1. */
  instanceId: number;
  /** The first number, 0 to 2^63 - 1; default 0n. */
  startAt?: U64Like;
}

export interface RaiseOptions extends SpaceOptions {
  /** An integer from 0 to 2^32 - 1. */
  instanceId: number;
  /** The number to raise the mark to, 0 to 2^63 - 1: one above the highest that was issued. */
  floor: U64Like;
}

export interface LeaseInstanceOptions extends SpaceOptions, LineageOptions {
  /** The generator's layout; default 16 bits of instance id. */
  layout?: LayoutOptions;
}

/** One instance of one id space in a store. */
export interface CounterState {
  readonly name: string;
  readonly instanceId: number;
  /** The first number not yet reserved. */
  readonly mark: bigint;
  /** The mark at which the instance is exhausted; 2^63 - 1 until the first generator opens. */
  readonly ceiling: bigint;
  /** Stands for the layout and permutation; empty until the first generator opens. */
  readonly fingerprint: string;
  /** Tells this id space from any other of the same name. */
  readonly lineage: string;
}

const SPACE: OptionNames<SpaceOptions> = { name: true };
const CREATE: OptionNames<CreateOptions> = { ...SPACE, instanceId: true, startAt: true };
const RAISE: OptionNames<RaiseOptions> = { ...SPACE, instanceId: true, floor: true };
const LEASE_INSTANCE: OptionNames<LeaseInstanceOptions> = { ...SPACE, lineage: true, layout: true };
const COUNTER: OptionNames<CounterOptions> = { ...SPACE, lineage: true, skipAhead: true };

/** The names of the options that a store adds to the shared ones. */
type OwnNames<Options, Shared> = OptionNames<Omit<Options, keyof Shared>>;

// These also refuse unknown options.

export function checkCounterOptions<Options extends CounterOptions>(
  options: Options,
  own: OwnNames<Options, CounterOptions>,
) {
  checkNames(options, { ...COUNTER, ...own });
  const { skipAhead } = options;
  return {
    name: spaceNameOf(options),
    lineage: lineageOf(options),
    skipAhead: skipAhead === undefined ? undefined : checkMark("skipAhead", skipAhead, 1n),
  };
}

export function checkCreateOptions<Options extends CreateOptions>(
  options: Options,
  own: OwnNames<Options, CreateOptions>,
) {
  const { instanceId, startAt = 0n } = checkNames(options, { ...CREATE, ...own });
  return { name: spaceNameOf(options), instanceId: checkInstanceId(instanceId), mark: checkMark("startAt", startAt) };
}

/** The name is undefined if it was left out. */
export function checkInspectOptions<Options extends SpaceOptions>(
  options: Options,
  own: OwnNames<Options, SpaceOptions>,
) {
  const { name } = checkNames(options, { ...SPACE, ...own });
  return name === undefined ? undefined : checkName(name);
}

export function checkRaiseOptions<Options extends RaiseOptions>(
  options: Options,
  own: OwnNames<Options, RaiseOptions>,
) {
  const { instanceId, floor } = checkNames(options, { ...RAISE, ...own });
  return { name: spaceNameOf(options), instanceId: checkInstanceId(instanceId), floor: checkMark("floor", floor) };
}

export function checkLeaseOptions<Options extends LeaseInstanceOptions>(
  options: Options,
  own: OwnNames<Options, LeaseInstanceOptions>,
) {
  checkNames(options, { ...LEASE_INSTANCE, ...own });
  const { maxInstanceId } = new Layout64(options.layout);
  return { name: spaceNameOf(options), lineage: lineageOf(options), maxInstanceId };
}

export const spaceNameOf = ({ name = "default" }: SpaceOptions) => checkName(name);

/** The callers' types make sure that no name is missing. */
const checkNames = <Options extends object>(options: Options, names: object) =>
  checkOptions("options", options, names as OptionNames<Options>);

function lineageOf(options: LineageOptions): string | undefined {
  refuseUndefined(options, "lineage", "the first lineage that the counter finds");
  const { lineage } = options;
  if (lineage !== undefined && checkString("lineage", lineage) === "") throw outOfRange("lineage", "a UUID", '""');
  return lineage;
}
