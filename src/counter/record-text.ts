import { markFrom } from "./admission.js";
import type { SpaceRecord } from "./record.js";

// A record as text, for stores that keep text: JSON, with marks in decimal, which is exact in every JSON parser.

/** Of the text. A later one may add fields that this one would lose. */
const FORMAT = 1;

export function encodeRecord({ lineage, fingerprint, marks, incarnation, behind }: SpaceRecord): string {
  const texts = Object.fromEntries(Object.entries(marks).map(([instanceId, mark]) => [instanceId, `${mark}`]));
  return JSON.stringify({ format: FORMAT, lineage, fingerprint, incarnation, behind, marks: texts });
}

/** The record of a text; null, which is no record, for any other text. */
export function decodeRecord(text: string): unknown {
  try {
    const { format, marks, ...rest } = JSON.parse(text);
    if (format !== FORMAT) return null;
    const parsed = Object.entries(marks).map(([instanceId, mark]) => [instanceId, markFrom(mark)]);
    return { ...rest, marks: Object.fromEntries(parsed) };
  } catch {
    return null;
  }
}
