import type { Reporter, TestModule } from "vitest/node";

/** Prints what each platform got, and how large a small app is, as tables that the README can take over. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const found = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.meta()));
    const platforms = found.flatMap(({ row, missing }) => {
      if (missing) return [[missing, "", "", "", "", "missing on this machine"]];
      return row ? [[row.platform, row.version, row.engine, row.counter ?? "memory", row.checks, row.note ?? ""]] : [];
    });
    const sizes = found.flatMap(({ size }) =>
      size ? [[size.app, size.bundler, size.version, size.bytes, size.gzipped]] : [],
    );
    print(["platform", "version", "engine", "counter", "checks passed", "note"], platforms);
    print(["app", "bundled by", "version", "bytes", "gzipped"], sizes);
  }
}

function print(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  if (rows.length === 0) return;
  const body = rows.map((row) => row.map(String)).sort(([a], [b]) => a!.localeCompare(b!));
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  console.log(["", line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n"));
}
