import type { Codec } from "../codec/codec.js";
import type { Epoch } from "./epoch.js";

/** Makes the source of a regular expression that matches exactly the bodies of these epochs, in any dialect. */
export function bodyPattern(codec: Codec, epochs: readonly Epoch[]): string {
  const { alphabet, maxToken } = codec;
  const shifted = (epoch: Epoch) => upTo(alphabet.slice(epoch * codec.firstDigits), alphabet, maxToken);
  const patterns = epochs.map(shifted);
  return patterns.length === 1 ? patterns[0]! : `(?:${patterns.join("|")})`;
}

/** Makes the character class of some of an alphabet's characters. */
export const anyOf = (characters: string) => (characters.length === 1 ? characters : `[${ranges(characters)}]`);

/** Makes a pattern of the texts as long as `max` that do not sort above it. `first` has the digits of the first place, from 0 up. */
function upTo(first: string, alphabet: string, max: string): string {
  const digit = alphabet.indexOf(max[0]!);
  const rest = max.slice(1);
  const any = anyOf(alphabet) + (rest.length === 1 ? "" : `{${rest.length}}`);
  if (rest === "") return anyOf(first.slice(0, digit + 1));
  if (rest === alphabet.at(-1)!.repeat(rest.length)) return anyOf(first.slice(0, digit + 1)) + any;
  const equal = first[digit] + upTo(alphabet, alphabet, rest);
  return digit === 0 ? equal : `(?:${anyOf(first.slice(0, digit))}${any}|${equal})`;
}

/** Shortens "0123456789ABC…" to "0-9A-Z". */
function ranges(characters: string): string {
  let text = "";
  for (let from = 0; from < characters.length; ) {
    let to = from;
    while (characters.charCodeAt(to + 1) === characters.charCodeAt(to) + 1) to++;
    text += to - from < 2 ? characters.slice(from, to + 1) : `${characters[from]}-${characters[to]}`;
    from = to + 1;
  }
  return text;
}
