/** The rules for names: of identities, of addresses, of the namespace. */

import { isStorableText } from "@muster/filter";
import { MusterError } from "../slots/index.ts";

const MAX_NAME_BYTES = 256;
const CONTROL = /\p{Cc}/u;
const NAMESPACE = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * The identity, when it is one: 1–256 bytes of UTF-8, no control characters (C0, DEL, C1), no lone surrogates, not
 * beginning with `$`.
 *
 * @param maxBytes the registry's own limit; 256 where that is less.
 * @throws INVALID_IDENTITY
 */
export function checkIdentity(value: unknown, source: string, maxBytes: number = MAX_NAME_BYTES): string {
  const problem = nameProblem(value, Math.min(maxBytes, MAX_NAME_BYTES)) ?? reservedProblem(value);
  if (problem === undefined && typeof value === "string") return value;
  throw new MusterError({ code: "INVALID_IDENTITY", source, subject: show(value), message: `an identity ${problem}` });
}

/**
 * The address, when it is one: 1–256 bytes of UTF-8, no control characters, no lone surrogates.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkAddress(value: unknown, source: string): string {
  const problem = nameProblem(value, MAX_NAME_BYTES);
  if (problem === undefined && typeof value === "string") return value;
  throw new MusterError({ code: "INVALID_ARGUMENT", source, subject: show(value), message: `an address ${problem}` });
}

/** The namespace, when it is one: 1–64 of `[A-Za-z0-9_.-]`. @throws CONFIG_INVALID */
export function checkNamespace(value: unknown, source: string): string {
  if (typeof value === "string" && NAMESPACE.test(value)) return value;
  const message = "has 1–64 characters of A–Z, a–z, 0–9, _, . and -";
  const detail = { violations: [{ path: "namespace", message }] };
  throw new MusterError({
    code: "CONFIG_INVALID",
    source,
    subject: show(value),
    message: `a namespace ${message}`,
    detail,
  });
}

function nameProblem(value: unknown, maxBytes: number): string | undefined {
  if (typeof value !== "string") return `is a string, not ${value === null ? "null" : typeof value}`;
  if (value === "") return "has at least one character";
  const bytes = Buffer.byteLength(value, "utf8");
  if (bytes > maxBytes) return `has at most ${maxBytes} bytes of UTF-8, not ${bytes}`;
  const control = CONTROL.exec(value);
  if (control !== null) return `has no control characters: there is one at position ${control.index}`;
  return isStorableText(value) ? undefined : "is well-formed Unicode, without lone surrogates";
}

function reservedProblem(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("$") ? 'does not begin with "$", which is reserved' : undefined;
}

function show(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return value.length > 64 ? `${value.slice(0, 64)}…` : value;
}
