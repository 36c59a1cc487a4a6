/** What scripts answer, checked part by part. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** @throws INTERNAL, as all here do: the server has answered something that the script never does. */
export function listIn(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw unexpected(reply);
}

export function textIn(reply: unknown): string {
  if (typeof reply === "string") return reply;
  throw unexpected(reply);
}

export function bytesIn(reply: unknown): Buffer {
  if (reply instanceof Buffer) return reply;
  throw unexpected(reply);
}

export function numberIn(reply: unknown): number {
  if (typeof reply === "number") return reply;
  throw unexpected(reply);
}

/** `undefined` for what Redis calls nil. */
export function optionalTextIn(reply: unknown): string | undefined {
  return reply === null || reply === undefined ? undefined : textIn(reply);
}

export function unexpected(reply: unknown): MusterError<"INTERNAL"> {
  const message = `a script answered ${typeof reply}, which it never does`;
  return new MusterError({ code: "INTERNAL", source: `${NAME}.decode`, message, mayHaveApplied: true });
}
