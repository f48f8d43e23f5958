// Exhaustive searches over 32 bits, four candidates to a vector. Each function tries `from` to `from + count - 1`, where
// count is a multiple of four, writes the candidates that fit to HITS and returns how many there are.

const MAX_HITS: i32 = 1024;
export const HITS: usize = memory.data(MAX_HITS * 4, 16);

let hits: i32 = 0;

function hit(candidate: u32): void {
  if (hits === MAX_HITS) throw new Error("too many fit");
  store<u32>(HITS + ((<usize>hits) << 2), candidate);
  hits++;
}

// The round function of SPEC.md is a bijection: each of its steps can be undone.

function f(x: v128): v128 {
  x = i32x4.mul(x, i32x4.splat(0x9e3779b1));
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = v128.or(i32x4.shl(x, 5), i32x4.shr_u(x, 27));
  x = i32x4.mul(x, i32x4.splat(0x85ebca6b));
  return v128.xor(x, i32x4.shr_u(x, 13));
}

function inverseOfF(x: v128): v128 {
  x = v128.xor(x, v128.xor(i32x4.shr_u(x, 13), i32x4.shr_u(x, 26)));
  x = i32x4.mul(x, i32x4.splat(0xa5cb9243)); // times 0x85ebca6b is 1
  x = v128.or(i32x4.shl(x, 27), i32x4.shr_u(x, 5));
  x = v128.xor(x, i32x4.shr_u(x, 16));
  return i32x4.mul(x, i32x4.splat(0x0e8b2f51)); // times 0x9e3779b1 is 1
}

/** The next state of the key schedule. */
function step(s: u64): u64 {
  s ^= s >> 12;
  s ^= s << 25;
  s ^= s >> 27;
  // biome-ignore lint/correctness/noPrecisionLoss: it is a u64 here
  return s * 0x2545f4914f6cdd1d;
}

/**
 * The keys below 2^32 under which an id of six rounds has the high half `left`, and a low half from `first` to
 * `first + span`.
 *
 * Five rounds back, what is now the left half is the low half of the raw: nearly all candidates fail there.
 */
export function seeds(from: u32, count: u32, idLeft: u32, idRight: u32, left: u32, first: u32, span: u32): i32 {
  hits = 0;
  const lowest = i32x4.splat(first);
  const range = i32x4.splat(span);
  for (let i: u32 = 0; i < count; i += 4) {
    let a: u64 = from + i;
    let b = a + 1;
    let c = a + 2;
    let d = a + 3;
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k1 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k2 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k3 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k4 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k5 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    a = step(a);
    b = step(b);
    c = step(c);
    d = step(d);
    const k6 = i32x4(<u32>a, <u32>b, <u32>c, <u32>d);
    const r6 = i32x4.splat(idRight);
    const r5 = i32x4.splat(idLeft);
    const r4 = v128.xor(r6, f(v128.xor(r5, k6)));
    const r3 = v128.xor(r5, f(v128.xor(r4, k5)));
    const r2 = v128.xor(r4, f(v128.xor(r3, k4)));
    const r1 = v128.xor(r3, f(v128.xor(r2, k3)));
    const r0 = v128.xor(r2, f(v128.xor(r1, k2)));
    const small = i32x4.le_u(i32x4.sub(r0, lowest), range);
    if (v128.any_true(small)) {
      const l0 = v128.xor(r1, f(v128.xor(r0, k1)));
      collect(v128.and(small, i32x4.eq(l0, i32x4.splat(left))), from + i);
    }
  }
  return hits;
}

/** The k for which inverseOfF(x ^ f(a ^ k)) ^ inverseOfF(y ^ f(b ^ k)) is t. */
export function outerKeys(from: u32, count: u32, a: u32, x: u32, b: u32, y: u32, t: u32): i32 {
  hits = 0;
  let k = i32x4.add(i32x4.splat(from), i32x4(0, 1, 2, 3));
  for (let i: u32 = 0; i < count; i += 4) {
    const u = inverseOfF(v128.xor(i32x4.splat(x), f(v128.xor(i32x4.splat(a), k))));
    const v = inverseOfF(v128.xor(i32x4.splat(y), f(v128.xor(i32x4.splat(b), k))));
    const fits = i32x4.eq(v128.xor(u, v), i32x4.splat(t));
    if (v128.any_true(fits)) collect(fits, from + i);
    k = i32x4.add(k, i32x4.splat(4));
  }
  return hits;
}

/** The k for which f(a ^ k) ^ f(b ^ k) is t. */
export function innerKeys(from: u32, count: u32, a: u32, b: u32, t: u32): i32 {
  hits = 0;
  let k = i32x4.add(i32x4.splat(from), i32x4(0, 1, 2, 3));
  for (let i: u32 = 0; i < count; i += 4) {
    const d = v128.xor(f(v128.xor(i32x4.splat(a), k)), f(v128.xor(i32x4.splat(b), k)));
    const fits = i32x4.eq(d, i32x4.splat(t));
    if (v128.any_true(fits)) collect(fits, from + i);
    k = i32x4.add(k, i32x4.splat(4));
  }
  return hits;
}

function collect(fits: v128, first: u32): void {
  const mask = i32x4.bitmask(fits);
  for (let lane: u32 = 0; lane < 4; lane++) if ((mask >> lane) & 1) hit(first + lane);
}
