import { outOfRange, show } from "../../base/check.js";
import { CounterConfigError } from "../../base/errors.js";
import { type RedisClient, settings } from "./client.js";

/**
 * The least that the server must do with a write before it answers:
 * - `"always"`: append the write to a file and sync the file. The write survives a power cut.
 * - `"everysec"`: append the write soon. A crash or a power cut may lose the last two seconds.
 * - `"none"`: nothing. A crash may lose minutes, or everything.
 * - `"unchecked"`: for a server that hides its settings. You have looked yourself.
 *
 * After any loss, the counter sees that the server started anew, and stops.
 */
export type RedisDurability = "always" | "everysec" | "none" | "unchecked";

const LEVELS: readonly RedisDurability[] = ["none", "everysec", "always"];

export function checkPolicy(policy: RedisDurability): RedisDurability {
  if (policy !== "unchecked" && !LEVELS.includes(policy)) {
    throw outOfRange("durability", '"always", "everysec", "none" or "unchecked"', show(policy));
  }
  return policy;
}

/** Throws unless the server's settings are at least as durable as `policy`. */
export async function checkDurability(client: RedisClient, policy: RedisDurability, where: string): Promise<void> {
  if (policy === "unchecked") return;
  const found = await visibleSettings(client);
  const eviction = found.get("maxmemory-policy");
  if (eviction === undefined) {
    throw new CounterConfigError(
      `the server of ${where} hides its settings: allow CONFIG GET, or look yourself and pass durability: "unchecked"`,
    );
  }
  // The others evict only keys with a time to live.
  if (eviction.startsWith("allkeys")) {
    throw new CounterConfigError(
      `the server of ${where} may evict it (maxmemory-policy ${eviction}): set noeviction, or a policy for volatile keys`,
    );
  }
  const level = levelOf(found);
  if (LEVELS.indexOf(level) < LEVELS.indexOf(policy)) {
    const shown = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite"].map((s) => `${s} ${found.get(s)}`);
    throw new CounterConfigError(
      `the server of ${where} has durability "${level}" (${shown.join(", ")}), but the counter asks for "${policy}": ` +
        `change the settings, or pass durability: "${level}"`,
    );
  }
}

function levelOf(found: ReadonlyMap<string, string>): RedisDurability {
  if (found.get("appendonly") !== "yes" || found.get("no-appendfsync-on-rewrite") === "yes") return "none";
  const sync = found.get("appendfsync");
  return sync === "always" || sync === "everysec" ? sync : "none";
}

async function visibleSettings(client: RedisClient): Promise<Map<string, string>> {
  try {
    return new Map([...(await settings(client, "*append*")), ...(await settings(client, "maxmemory-policy"))]);
  } catch (error) {
    // The command is forbidden to this user, or renamed for all.
    if (/NOPERM|unknown command/.test((error as Error).message)) return new Map();
    throw error;
  }
}
