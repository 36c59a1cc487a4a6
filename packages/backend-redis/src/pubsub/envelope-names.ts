/** Names of headers as they stand in an envelope: those that Muster's messages have are one letter. */

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["muster-version", "v"],
  ["muster-kind", "k"],
  ["muster-id", "i"],
  ["muster-sent-at", "t"],
  ["content-type", "c"],
  ["muster-identity", "n"],
  ["muster-epoch", "e"],
]);
const NAMES: ReadonlyMap<string, string> = new Map([...LETTERS].map(([name, letter]) => [letter, name]));
/** Before a name that is itself a letter. */
const LITERAL = "=";

export function shortened(name: string): string {
  return LETTERS.get(name) ?? (NAMES.has(name) ? LITERAL + name : name);
}

export function inFull(name: string): string {
  return NAMES.get(name) ?? (name.startsWith(LITERAL) ? name.slice(LITERAL.length) : name);
}
