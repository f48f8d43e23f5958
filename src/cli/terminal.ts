// Stored names, fingerprints, file names and tokens may come from strangers. A terminal obeys the control characters in them,
// and other invisible characters make one name look like another.

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text for a terminal: each control or invisible character as its code point. */
export const visible = (text: string) =>
  text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** JSON for a terminal. Only strings in it can hold such characters, so that it stays the same JSON. */
export const visibleJson = (value: unknown) =>
  JSON.stringify(value).replace(HIDDEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
