import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/**
 * Derives a key of `length` bytes by HKDF-SHA256 (RFC 5869) without salt. The length of each label precedes it, so that no two
 * lists of labels become the same bytes.
 */
export function deriveKey(key: Uint8Array, labels: readonly string[], length: number): Uint8Array {
  const info = labels.flatMap((label) => {
    const text = new TextEncoder().encode(label);
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, text.length);
    return [...size, ...text];
  });
  return hkdf(sha256, key, undefined, Uint8Array.from(info), length);
}
