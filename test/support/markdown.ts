import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

// The pages that readers see, and their parts.

const root = join(import.meta.dirname, "../..");

export const read = (path: string) => readFileSync(join(root, path), "utf8");

/** All pages, relative to the root of the repository. */
export const pages = globSync(
  "{README.md,SPEC.md,SECURITY.md,CHANGELOG.md,CONTRIBUTING.md,docs/**/*.md,examples/*.md}",
  { cwd: root },
)
  .map((path) => path.replaceAll("\\", "/"))
  .sort();

export interface Block {
  readonly language: string;
  readonly code: string;
}

const FENCES = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;

export const blocksOf = (text: string): Block[] =>
  Array.from(text.matchAll(FENCES), ([, , language, code]) => ({ language: language!, code: code! }));

/** The anchors of the headings, as GitHub makes them. */
export const anchorsOf = (text: string) =>
  Array.from(text.replaceAll(FENCES, "").matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

export interface Link {
  /** The page or file, relative to the root. */
  readonly target: string;
  /** Empty, or an anchor. */
  readonly anchor: string;
}

/** Links to files of this repository. */
export function linksOf(page: string): Link[] {
  const links = read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)]*)\)/g);
  return Array.from(links, ([, path, anchor]) => ({
    target: path ? posix.join(posix.dirname(page), path) : page,
    anchor: anchor!,
  }));
}

/** The prose of a page in sentences: without code, tables, drawings and headings. Code within a sentence counts as one word. */
export function sentencesOf(text: string): string[] {
  const prose = text
    .replaceAll(FENCES, "\n")
    .replaceAll(/^ {4}.*$|^\|.*$|^#.*$|^!\[.*$/gm, "\n")
    .replaceAll(/`[^`]*`/g, "code")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "");
  return prose
    .split(/\n\s*\n|^ *(?:[-*]|\d+\.) /m)
    .flatMap((paragraph) =>
      paragraph
        .replaceAll(/\s+/g, " ")
        .trim()
        .split(/(?<=[.?!]["”)]?) (?=[A-Z"“(`0-9]|code)/),
    )
    .filter((sentence) => sentence !== "");
}
