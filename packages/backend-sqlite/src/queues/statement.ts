/** Statements of handlers, before they are sent. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Foreign } from "../store/store.ts";

/** Whatever would end the transaction, or is about more than it. Savepoints of its own are a handler's business. */
const REFUSED = /^(?:begin|commit|end|attach|detach|vacuum|pragma|rollback(?!\s+(?:transaction\s+)?to\b))\b/i;
/** Comments, and whatever is quoted. */
const QUIET = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/g;

/** @throws INVALID_ARGUMENT */
export function checkStatement(text: string, values: readonly unknown[]): void {
  const bare = text.replaceAll(QUIET, (quiet) => (/^[-/]/.test(quiet) ? " " : "''")).trim();
  if (bare === "" || text.includes("\0")) throw invalid("a statement says something, and holds no NUL");
  if (REFUSED.test(bare.replace(/^[\s;]+/, "")))
    throw invalid("the transaction ends when the handler does, and holds nothing but reading and writing");
  // The body of a trigger has statements of its own.
  if (!/^create\b/i.test(bare) && /;\s*[^\s;]/.test(bare)) throw invalid("one statement at a time");
  for (const value of values) if (!isValue(value)) throw invalid(NO_VALUE);
}

const NO_VALUE =
  "a value is a text without NUL, a finite number, a bigint of 64 bits, bytes, a boolean, or null; there is no other";

function isValue(value: unknown): value is Foreign | boolean {
  if (value === null || typeof value === "boolean" || value instanceof Uint8Array) return true;
  if (typeof value === "string") return !value.includes("\0");
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  return typeof value === "number" && Number.isFinite(value);
}

/** A whole number is stored as one, whatever the column; booleans are 0 and 1, as SQLite has them. */
export function foreignValue(value: unknown): Foreign {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return value as Foreign; // It has been checked.
}

function invalid(message: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.handleOnce`, message });
}
