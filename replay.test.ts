import { expect, test } from "vitest";
import { simulate } from "./quint.ts";
import { Replay, type State } from "./replay.ts";

// Traces of the model are played on AsyncId64 and on the admission function.

const TRACES = 60;

test.each([
  { main: "strict", skipAhead: 0 },
  { main: "consenting", skipAhead: 6 },
])("generators do what the model does: $main", async ({ main, skipAhead }) => {
  const { traces } = await simulate<State>({
    main,
    step: "stepUncloned",
    seed: 1,
    samples: TRACES,
    steps: 60,
    traces: TRACES,
  });
  for (const states of traces) await new Replay(skipAhead).play(states);
  // All kinds of events took place.
  const events = new Set(traces.flat().map(({ event }) => event.what));
  for (const event of EVENTS) expect(events).toContain(event);
});

const EVENTS = [
  ...["start", "crash", "call", "discard", "expire", "timeout", "retry", "receive", "lose", "cut", "serve", "commit"],
  ...["copy", "replace", "coldCopy", "raise", "crashServer"],
];
