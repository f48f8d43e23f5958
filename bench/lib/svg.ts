import type { Bar } from "./report.ts";

const WIDTH = 860;
const LABEL = 270;
const RIGHT = 80;
const ROW = 22;
const BAR = 14;
const TOP = 64;
const BOTTOM = 40;
/** What the bars stand on: ids per second, as powers of ten. */
const LEAST = 3;

const STYLE = `
  svg { color-scheme: light dark }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a; stroke: #ffffff; stroke-width: 3px; paint-order: stroke }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .own-label { font-weight: 600; fill: #1f2328 }
  .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .own { fill: #0969da } .peer { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1; stroke: #0d1117 } .title, .own-label { fill: #f0f6fc }
    .paper { fill: #0d1117 } .grid { stroke: #2b3139 } .own { fill: #4493f8 } .peer { fill: #59626d }
  }`;

/** Horizontal bars on a logarithmic scale, fastest first; permid64's stand out. */
export function chart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const sorted = bars.toSorted((a, b) => b.perSecond - a.perSecond);
  const most = Math.ceil(Math.log10(sorted[0]!.perSecond));
  const height = TOP + ROW * sorted.length + BOTTOM;
  const x = (perSecond: number) => LABEL + ((Math.log10(perSecond) - LEAST) / (most - LEAST)) * (WIDTH - LABEL - RIGHT);
  const parts = [
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(20, 28, title, "title"),
    text(20, 48, subtitle),
  ];
  for (let power = LEAST; power <= most; power++) {
    const at = x(10 ** power).toFixed(1);
    parts.push(`<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${height - BOTTOM + 4}"/>`);
    parts.push(text(Number(at), height - BOTTOM + 20, short(10 ** power), "", "middle"));
  }
  sorted.forEach(({ label, perSecond }, i) => {
    const own = label.startsWith("permid64");
    const y = TOP + ROW * i;
    const end = x(perSecond);
    parts.push(
      text(LABEL - 10, y + 15, label, own ? "own-label" : "", "end"),
      `<rect class="${own ? "own" : "peer"}" x="${LABEL}" y="${y + 4}" width="${(end - LABEL).toFixed(1)}" height="${BAR}" rx="2"/>`,
      text(end + 6, y + 15, short(perSecond), own ? "own-label" : ""),
    );
  });
  const description = sorted.map(({ label, perSecond }) => `${label}: ${short(perSecond)}`).join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title><desc>${escaped(description)}</desc><style>${STYLE}</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, content: string, style = "", anchor = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${style}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** Such as 5.8 k, 120 M, 1.2 G. */
function short(perSecond: number): string {
  const power = Math.floor(Math.log10(perSecond) / 3);
  const value = perSecond / 1000 ** power;
  return `${value < 10 ? Number(value.toFixed(1)) : value.toFixed(0)} ${["", "k", "M", "G"][power]}`.trim();
}

const escaped = (content: string) => content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
