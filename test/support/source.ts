import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { parseAst } from "vitest/node";

// The source as the parser of vitest sees it, types included.

const root = join(import.meta.dirname, "../..");

export const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Paths from the root of the repository, with slashes on every system. */
export const find = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .sort();

/** A node of the syntax tree: `type`, and whatever that type has. */
interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === "string";

/** The node itself and all below it, each with the nodes above it. */
function* walk(node: Node, above: readonly Node[] = []): Generator<[node: Node, above: readonly Node[]]> {
  yield [node, above];
  const path = [node, ...above];
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* walk(child, path);
}

const FUNCTIONS = /^(Function|ArrowFunction)/;
/** Around an expression, without changing it. */
const WRAPPERS = /^(TSAs|TSSatisfies|TSNonNull|Parenthesized)Expression$/;

function isFunction(node: unknown): boolean {
  if (!isNode(node)) return false;
  return WRAPPERS.test(node.type) ? isFunction(node.expression) : FUNCTIONS.test(node.type);
}

/** One file of the source. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly #nodes: readonly [node: Node, above: readonly Node[]][];

  constructor(file: string) {
    this.file = file;
    this.text = read(file);
    this.#nodes = [...walk(parseAst(this.text, { lang: "ts" }) as unknown as Node)];
  }

  /** What it imports and exports from elsewhere, as written: statements, `import()`, and the types of either. */
  get imports(): string[] {
    return this.#nodes.flatMap(([{ type, source }]) => {
      if (!isNode(source)) return [];
      if (source.type !== "Literal") throw new Error(`${this.file}: ${type} of what is no literal`);
      return [String(source.value)];
    });
  }

  /** Its own files among them. */
  get targets(): string[] {
    const relative = this.imports.filter((specifier) => specifier.startsWith("."));
    return relative.map((specifier) => posix.join(dirname(this.file), specifier).replace(/\.js$/, ".ts"));
  }

  /** Functions of the module, and constants that hold one. */
  get functions(): string[] {
    return this.#nodes.flatMap(([{ type, id, init }, above]) => {
      if (above.some((node) => FUNCTIONS.test(node.type) || node.type === "ClassBody")) return [];
      const named = type === "FunctionDeclaration" || (type === "VariableDeclarator" && isFunction(init));
      return named ? [(id as unknown as { name: string }).name] : [];
    });
  }

  /** The builtins of Node that it names outside of types, but for `builtin("node:…")` in a function. */
  get builtins(): string[] {
    return this.#nodes.flatMap(([{ type, value }, [parent, ...above]]) => {
      if (type !== "Literal" || !String(value).startsWith("node:")) return [];
      const inType = [parent!, ...above].some((node) => node.type.startsWith("TS") || node.importKind === "type");
      const asked =
        parent!.type === "CallExpression" && (parent!.callee as unknown as { name?: string }).name === "builtin";
      const later = above.some((node) => FUNCTIONS.test(node.type));
      return inType || (asked && later) ? [] : [String(value)];
    });
  }
}
