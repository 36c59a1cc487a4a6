/** Stretches of texts in the order of their bytes; the end does not belong to them. */

export interface Range {
  readonly from: string;
  readonly to: string;
}

/** What facts of a type lie between. */
export const TYPE_RANGES: Readonly<Record<string, Range>> = {
  array: { from: "[", to: "\\" },
  boolean: { from: "b", to: "c" },
  number: { from: "n", to: "o" },
  string: { from: "s", to: "t" },
  null: { from: "z", to: "{" },
  object: { from: "{", to: "|" },
};

/** The first text behind all that begin with `prefix`; `undefined`: there is none. */
export function successorOf(prefix: string): string | undefined {
  const points = Array.from(prefix);
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    // Surrogates are no text by themselves.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    if (next <= 0x10_ffff) return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}
