import { checkString, invalidType, outOfRange, show } from "../base/check.js";
import { MAX_INSTANCE_ID } from "./checks.js";

// Instance ids that the deployment hands out.

const EXPECTED = `an integer from 0 to ${MAX_INSTANCE_ID} in decimal`;

/**
 * Reads the instance id from an environment variable.
 *
 * The deployment must give each store an id of its own. In Kubernetes, the label `apps.kubernetes.io/pod-index` has the number
 * of a StatefulSet's pod, and the downward API puts the label into a variable.
 *
 * @param name The variable's name.
 * @returns An integer from 0 to 2^32 - 1; the generator's layout may allow fewer.
 * @throws TypeError if the variable is not set, RangeError unless it is such an integer in decimal, without sign, spaces
 *   or leading zeros.
 * @example
 * ```ts
 * import { instanceIdFromEnv } from "permid64";
 *
 * process.env.INSTANCE_ID = "42";
 * instanceIdFromEnv("INSTANCE_ID"); // => 42
 * ```
 */
export function instanceIdFromEnv(name: string): number {
  const text = environment(checkString("name", name));
  if (text === undefined) throw invalidType(name, `${EXPECTED} in the environment`, "nothing");
  const id = decimal(text);
  // The text is not shown: under a wrong name, it may be a secret.
  if (id === undefined) throw outOfRange(name, EXPECTED, `another text of ${text.length} characters`);
  return id;
}

/**
 * Reads the instance id from the name of a StatefulSet's pod: 3 for `web-3`.
 *
 * Every StatefulSet counts from 0: if two of them have different stores, add an offset to one. Do not use it for the pods
 * of a Deployment: their random names may end in digits by chance.
 *
 * @param name The pod's name; default the environment's `POD_NAME`, or else its `HOSTNAME`.
 * @returns An integer from 0 to 2^32 - 1; the generator's layout may allow fewer.
 * @throws TypeError if there is no name, RangeError if it does not end in a hyphen and such an integer.
 * @example
 * ```ts
 * import { instanceIdFromPodName } from "permid64";
 *
 * instanceIdFromPodName("web-3"); // => 3
 * ```
 */
export function instanceIdFromPodName(
  name: string | undefined = environment("POD_NAME") ?? environment("HOSTNAME"),
): number {
  const hyphen = checkString("name", name).lastIndexOf("-");
  const id = hyphen > 0 ? decimal(name!.slice(hyphen + 1)) : undefined;
  if (id === undefined) throw outOfRange("name", 'the name of a StatefulSet\'s pod, such as "web-3"', show(name));
  return id;
}

const environment = (name: string): string | undefined => globalThis.process?.env?.[name];

function decimal(text: string): number | undefined {
  const value = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN;
  return value <= MAX_INSTANCE_ID ? value : undefined;
}
