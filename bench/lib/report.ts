/** A figure that must be reached. */
export interface Target {
  readonly what: string;
  readonly want: string;
  readonly got: string;
  /** Absent where it could not be measured. */
  readonly met?: boolean;
  /** A miss fails the run: for what does not depend on the load of the machine. */
  readonly enforced?: boolean;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One bar of the chart. */
export interface Bar {
  readonly label: string;
  readonly perSecond: number;
}

/** What one section found. */
export interface Findings {
  readonly title: string;
  /** What was compared with what, and what to make of it. */
  readonly about: string;
  readonly targets: readonly Target[];
  readonly tables: readonly Table[];
  readonly bars?: readonly Bar[];
}

export const nanoseconds = (value: number) =>
  value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : value.toFixed(0);
export const millions = (perSecond: number) => {
  const value = perSecond / 1e6;
  return value < 10 ? value.toPrecision(2) : value.toFixed(0);
};
export const times = (ratio: number) => `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}×`;

export const atMost = (what: string, got: number, limit: number): Target => ({
  what,
  want: `≤ ${limit}×`,
  got: times(got),
  met: got <= limit,
});
export const atLeast = (what: string, got: number, limit: number): Target => ({
  what,
  want: `≥ ${limit}×`,
  got: times(got),
  met: got >= limit,
});
export const rateOf = (what: string, perSecond: number, limit: number): Target => ({
  what,
  want: `≥ ${limit / 1e6} M/s`,
  got: `${millions(perSecond)} M/s`,
  met: perSecond >= limit,
});

export function markdownTable({ head, rows }: Omit<Table, "title">): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function markdown({ title, about, targets, tables }: Findings): string {
  const parts = [`## ${title}`, about];
  if (targets.length > 0) {
    const verdict = (met?: boolean) => (met === undefined ? "missing" : met ? "met" : "**NOT met**");
    const rows = targets.map(({ what, want, got, met }) => [what, want, got, verdict(met)]);
    parts.push(markdownTable({ head: ["target", "wanted", "measured", ""], rows }));
  }
  for (const table of tables) parts.push(`### ${table.title}`, markdownTable(table));
  return parts.join("\n\n");
}
