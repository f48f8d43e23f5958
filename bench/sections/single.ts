import { agree, bulk, CALLS, compare, type Effort, single } from "../lib/harness.ts";
import { Id64, MemoryCounter } from "../lib/library.ts";
import { atMost, type Findings, millions, nanoseconds, rateOf } from "../lib/report.ts";

const MANY = 1 << 16;
const TOKEN = 11;
/** As many as a generator prepares, so that both read from memory of the same size. */
const WINDOW = 1024;

const generator = () => Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter() });

export function measure(effort: Effort): Findings {
  const source = generator();
  const numbers = source.takeU64(WINDOW);
  const tokens = source.takeBase62(MANY);
  // Read back from bytes, because a string that was joined is a tree until something walks it.
  const text = Buffer.from(tokens.slice(0, WINDOW).join("")).toString("latin1");
  const bytes = new TextEncoder().encode(tokens.join(""));

  const issued = generator();
  agree(
    "nextU64 and takeU64",
    numbers.every((id) => id === issued.nextU64()),
  );
  agree(
    "nextBase62 and takeBase62",
    tokens.every((token) => token === issued.nextBase62()),
  );
  const columns = source.decodeManyBase62(bytes);
  agree(
    "decodeBase62 and decodeManyBase62",
    tokens.every((token, i) => {
      const { instanceId, sequence } = source.decodeBase62(token);
      return (
        instanceId === columns.instanceId[i] && sequence === columns.sequence[i] && sequence === BigInt(WINDOW + i)
      );
    }),
  );

  const [ids, words] = [generator(), generator()];
  const result = compare(
    [
      single("one BigInt out of a BigUint64Array", (i) => numbers[i]),
      single("nextU64()", () => ids.nextU64()),
      single("one substring of 11 characters", (i) => text.substring(i * TOKEN, i * TOKEN + TOKEN)),
      single("nextBase62()", () => words.nextBase62()),
      single("nextBase32()", () => words.nextBase32()),
      single("decode(id)", (id) => source.decode(id), [...numbers]),
      single("decodeBase62(token)", (token) => source.decodeBase62(token), tokens.slice(0, CALLS)),
      bulk(`takeBase62(${MANY})`, MANY, () => words.takeBase62(MANY)),
      bulk(`decodeManyBase62 of ${MANY} tokens as bytes`, MANY, () => source.decodeManyBase62(bytes)),
      bulk(`decodeManyBase62 of ${MANY} strings`, MANY, () => source.decodeManyBase62(tokens)),
    ],
    effort,
  );
  const rate = (name: string, limit: number) => rateOf(name, result.rate(name), limit);
  return {
    title: "One at a time",
    about: "What one call costs, beside what V8 itself takes to make one BigInt or one short string.",
    targets: [
      atMost(
        "nextU64(): one BigInt out of a BigUint64Array",
        result.ratio("nextU64()", "one BigInt out of a BigUint64Array"),
        2,
      ),
      atMost(
        "nextBase62(): one substring of 11 characters",
        result.ratio("nextBase62()", "one substring of 11 characters"),
        2,
      ),
      rate(`takeBase62(${MANY})`, 30e6),
      rate("decodeBase62(token)", 10e6),
      rate(`decodeManyBase62 of ${MANY} tokens as bytes`, 60e6),
    ],
    tables: [
      {
        title: "Cost of one",
        head: ["call", "ns", "M/s"],
        rows: result.names.map((name) => [name, nanoseconds(result.cost(name)), millions(result.rate(name))]),
      },
    ],
  };
}
