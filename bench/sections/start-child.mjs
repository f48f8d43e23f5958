// A cold start, as start.ts times it. Plain JavaScript, so that no type stripping is in the way.
const begin = performance.now();
const { Id64, MemoryCounter } = await import("../../dist/index.js");
const imported = performance.now() - begin;

const engine = process.argv[2];
const generator = () => Id64.multiplicative({ instanceId: 1, counter: new MemoryCounter(), engine });

const ids = generator();
ids.nextBase62();
const first = performance.now() - begin;

const again = performance.now();
generator().nextBase62();
const second = performance.now() - again;

const WARM_UP = 1_000_000;
const TIMED = 100_000;
for (let i = 0; i < WARM_UP; i++) ids.nextBase62();
const last = performance.now();
for (let i = 0; i < TIMED; i++) ids.nextBase62();
const steady = (performance.now() - last) / TIMED;

process.stdout.write(JSON.stringify({ imported, first, second, steady }));
