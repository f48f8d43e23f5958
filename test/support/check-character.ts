// The hybrid system of ISO/IEC 7064 as an automaton: its states are 1 to n for an alphabet of n characters, and each digit leads to
// another. Apart from the library's, so that a proof over all states and digits says something of what the library does.

export interface Automaton {
  readonly start: number;
  next(state: number, digit: number): number;
  /** The digit that stands for a state. */
  check(state: number): number;
}

export const hybrid = (n: number): Automaton => ({
  start: n,
  next: (state, digit) => (2 * ((state + digit) % n === 0 ? n : (state + digit) % n)) % (n + 1),
  check: (state) => (n + 1 - state) % n,
});

/** The state after each digit, with the start before the first. */
export function statesOf({ start, next }: Automaton, digits: readonly number[]): number[] {
  const states = [start];
  for (const digit of digits) states.push(next(states.at(-1)!, digit));
  return states;
}
