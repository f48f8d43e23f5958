// What native.ts holds the library against: the same loops in C, several ways where it is not plain which is best.
//
//   native check VARIANT COUNT START    writes the output to stdout
//   native direct VARIANT COUNT MS      prints nanoseconds per id, over about MS milliseconds
//   native windowed VARIANT COUNT MS    the same as WebAssembly has to do it: into a buffer of its own, and copied out
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned __int128 u128;

enum { ROUNDS = 6, BLOCK = 256, WINDOW = 1024, WIDEST = 11 };

static const uint64_t A = 0x9E3779B185EBCA87u, B = 0x6A09E667F3BCC909u, KEY = 0xDEADBEEFCAFEBABEu;
static const char ALPHABET[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static uint32_t round_keys[ROUNDS];
static char pairs[62 * 62][2];

static void prepare(void) {
  uint64_t s = KEY;
  for (int i = 0; i < ROUNDS; i++) {
    s ^= s >> 12;
    s ^= s << 25;
    s ^= s >> 27;
    s *= 0x2545F4914F6CDD1Du;
    round_keys[i] = (uint32_t)s;
  }
  for (int i = 0; i < 62 * 62; i++) {
    pairs[i][0] = ALPHABET[i / 62];
    pairs[i][1] = ALPHABET[i % 62];
  }
}

static void multiplicative(void *restrict to, size_t count, uint64_t start) {
  uint64_t *restrict out = to;
  uint64_t id = A * start + B;
  for (size_t i = 0; i < count; i++, id += A) out[i] = id;
}

static inline void network(uint32_t *left, uint32_t *right, const uint32_t *keys) {
  uint32_t l = *left, r = *right;
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t x = (r ^ keys[i]) * 0x9E3779B1u;
    x ^= x >> 16;
    x = (x << 5) | (x >> 27);
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    uint32_t next = l ^ x;
    l = r;
    r = next;
  }
  *left = l;
  *right = r;
}

static void feistel_plain(void *restrict to, size_t count, uint64_t start) {
  uint64_t *restrict out = to;
  uint32_t keys[ROUNDS];
  memcpy(keys, round_keys, sizeof keys);
  for (size_t i = 0; i < count; i++) {
    uint32_t left = (start + i) >> 32, right = start + i;
    network(&left, &right, keys);
    out[i] = (uint64_t)left << 32 | right;
  }
}

// The halves in arrays of their own, so that the vectors hold u32 alone.
static void feistel_halves(void *restrict to, size_t count, uint64_t start) {
  uint64_t *restrict out = to;
  uint32_t keys[ROUNDS], left[BLOCK], right[BLOCK];
  memcpy(keys, round_keys, sizeof keys);
  for (size_t done = 0; done < count; done += BLOCK) {
    for (size_t i = 0; i < BLOCK; i++) {
      left[i] = (start + done + i) >> 32;
      right[i] = start + done + i;
    }
    for (size_t i = 0; i < BLOCK; i++) network(&left[i], &right[i], keys);
    for (size_t i = 0; i < BLOCK; i++) out[done + i] = (uint64_t)left[i] << 32 | right[i];
  }
}

static const uint32_t POW_2 = 3844, POW_3 = 238328, POW_4 = 14776336, POW_5 = 916132832;

static void base62_pairs(void *restrict to, size_t count, uint64_t start) {
  char *restrict out = to;
  uint64_t id = A * start + B;
  for (size_t i = 0; i < count; i++, id += A, out += 11) {
    uint64_t head = id / POW_5;
    uint32_t tail = id - head * POW_5;
    uint32_t top = head / POW_4, rest = head - (uint64_t)top * POW_4, middle = rest / POW_2;
    uint32_t tail_top = tail / POW_3, tail_rest = tail - tail_top * POW_3, tail_middle = tail_rest / 62;
    memcpy(out, pairs[top], 2);
    memcpy(out + 2, pairs[middle], 2);
    memcpy(out + 4, pairs[rest - middle * POW_2], 2);
    memcpy(out + 6, pairs[tail_top], 2);
    memcpy(out + 8, pairs[tail_middle], 2);
    out[10] = ALPHABET[tail_rest - tail_middle * 62];
  }
}

// The head over 62^4 and the tail over 62^3 as fractions of 2^64: each multiplication moves the next digits above them.
static void base62_fractions(void *restrict to, size_t count, uint64_t start) {
  char *restrict out = to;
  uint64_t id = A * start + B;
  for (size_t i = 0; i < count; i++, id += A, out += 11) {
    uint64_t head = id / POW_5, tail = id - head * POW_5;
    u128 x = (u128)head * (UINT64_MAX / POW_4 + 1);
    memcpy(out, pairs[x >> 64], 2);
    x = (u128)(uint64_t)x * POW_2;
    memcpy(out + 2, pairs[x >> 64], 2);
    x = (u128)(uint64_t)x * POW_2;
    memcpy(out + 4, pairs[x >> 64], 2);
    x = (u128)tail * (UINT64_MAX / POW_3 + 1);
    memcpy(out + 6, pairs[x >> 64], 2);
    x = (u128)(uint64_t)x * POW_2;
    memcpy(out + 8, pairs[x >> 64], 2);
    x = (u128)(uint64_t)x * 62;
    out[10] = ALPHABET[x >> 64];
  }
}

typedef struct {
  const char *name;
  size_t width;
  void (*run)(void *restrict, size_t, uint64_t);
} Variant;

static const Variant VARIANTS[] = {
    {"multiplicative", 8, multiplicative}, {"feistel_plain", 8, feistel_plain}, {"feistel_halves", 8, feistel_halves},
    {"base62_pairs", 11, base62_pairs},    {"base62_fractions", 11, base62_fractions},
};

static void windowed(const Variant *variant, char *out, size_t count, uint64_t start) {
  static char window[WINDOW * WIDEST];
  for (size_t done = 0; done < count; done += WINDOW) {
    variant->run(window, WINDOW, start + done);
    memcpy(out + done * variant->width, window, WINDOW * variant->width);
  }
}

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  size_t known = sizeof VARIANTS / sizeof *VARIANTS, index = 0, count = strtoull(argv[3], NULL, 10);
  while (index < known && strcmp(VARIANTS[index].name, argv[2])) index++;
  if (index == known || count == 0 || count % WINDOW) return 2;
  const Variant *variant = &VARIANTS[index];
  size_t size = count * variant->width;
  char *out = malloc(size);
  if (!out) return 1;
  prepare();
  if (!strcmp(argv[1], "check")) {
    variant->run(out, count, strtoull(argv[4], NULL, 10));
    return fwrite(out, 1, size, stdout) != size;
  }
  // Once before the clock starts, because the first touch of each page is a fault.
  variant->run(out, count, 0);
  int window = !strcmp(argv[1], "windowed");
  double begin = nanoseconds(), end, limit = begin + 1e6 * atof(argv[4]);
  size_t runs = 0;
  do {
    if (window)
      windowed(variant, out, count, runs++);
    else
      variant->run(out, count, runs++);
    __asm__ volatile("" : : "r"(out) : "memory");
    end = nanoseconds();
  } while (end < limit);
  printf("%f\n", (end - begin) / runs / count);
  return 0;
}
