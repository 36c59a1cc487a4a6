import { RE2JS } from "re2js";

/** Instructions of a compiled pattern; matching costs this much per character of text at worst. */
const MAX_PROGRAM_SIZE = 2_000;

export type CompiledPattern =
  | { readonly matches: (text: string) => boolean }
  | { readonly problem: "syntax" | "size"; readonly message: string };

/**
 * Compiles RE2 syntax, unanchored: `^` and `$` are the ends of the text, `.` does not match a newline, flags only inline.
 * Time is linear in the text. A pattern that expands to a huge program is a `size` problem.
 */
export function compilePattern(pattern: string): CompiledPattern {
  try {
    const regex = RE2JS.compile(pattern);
    if (regex.programSize() > MAX_PROGRAM_SIZE) {
      return { problem: "size", message: "the pattern repeats too much; use smaller counts" };
    }
    return { matches: (text) => regex.test(text) };
  } catch (error) {
    return { problem: "syntax", message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * A literal that every match of an anchored pattern begins with, so that a backend can narrow candidates by prefix;
 * `undefined` where there is none to be sure of (no leading `^`, an alternative, a flag, a class).
 */
export function regexPrefix(pattern: string): string | undefined {
  if (!pattern.startsWith("^") || pattern.includes("|")) return undefined;
  const chars = Array.from(pattern.slice(1));
  let prefix = "";
  for (let i = 0; i < chars.length; ) {
    const { literal, length } = readLiteral(chars, i);
    if (literal === undefined) break;
    i += length;
    if (mayMakeOptional(chars, i)) break;
    prefix += literal;
  }
  return prefix === "" ? undefined : prefix;
}

/** One character that stands for itself, or an escaped punctuation mark. */
function readLiteral(chars: readonly string[], at: number): { literal: string | undefined; length: number } {
  const char = chars[at];
  if (char !== "\\") {
    return { literal: char !== undefined && /[^.+*?()[\]{}^$]/u.test(char) ? char : undefined, length: 1 };
  }
  const escaped = chars[at + 1];
  return { literal: escaped !== undefined && /[!-/:-@[-`{-~]/.test(escaped) ? escaped : undefined, length: 2 };
}

/**
 * Whether what follows a literal may make it optional: a repetition, or something empty with a repetition behind it, which
 * then reaches back over it (`^a+(?i)?` and `^a\Q\E*` match texts without an a).
 */
function mayMakeOptional(chars: readonly string[], at: number): boolean {
  const char = chars[at];
  if (char === "\\") return readLiteral(chars, at).literal === undefined;
  return char !== undefined && "*+?{(".includes(char);
}
