import { InvalidArgumentError } from "commander";

// Parsers of arguments. Each throws what the parser of the command line reports with the option's name.

export const MAX_INSTANCE_ID = 2 ** 32 - 1;

/** Fewer rounds are refused for new ids. */
export const SAFE_ROUNDS = 6;

/** Makes a parser of whole numbers. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`);
    }
    return value;
  };
}

export const parseInstance = integer(0, MAX_INSTANCE_ID);

/** Parses numbers that a double cannot hold. */
export function bigint(text: string): bigint {
  if (!/^[0-9]{1,20}$/.test(text)) throw new InvalidArgumentError("Expected a decimal number from 0 to 2^64 - 1.");
  return BigInt(text);
}

export function parseLayout(text: string): { instanceBits: number; sequenceBits: number } {
  const [, instance, sequence] = /^([0-9]{1,2})\+([0-9]{1,2})$/.exec(text) ?? [];
  const [instanceBits, sequenceBits] = [Number(instance), Number(sequence)];
  if (instanceBits <= 32 && instanceBits + sequenceBits === 64) return { instanceBits, sequenceBits };
  throw new InvalidArgumentError("Expected two numbers that make 64, the first up to 32, such as 16+48.");
}

export function parseRounds(text: string): number {
  const rounds = integer(1)(text);
  if (rounds >= SAFE_ROUNDS) return rounds;
  throw new InvalidArgumentError(
    `With fewer than ${SAFE_ROUNDS}, ids show structure; for ids that exist, use --config.`,
  );
}
