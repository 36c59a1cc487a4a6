/** How a call ended, and what it may have ended with. */

import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { type Backend, type ErrorCode, isMusterError, type MusterError } from "@muster/core/slots";
import type { CaseContext } from "../../case.ts";
import { PATIENCE_MS } from "../../eventually.ts";

/** `undefined`: it resolved. */
export type Outcome = MusterError | undefined;

/** Waits until the call has settled, within the subject's patience; only a coded error that names the operation will do. */
export async function outcomeOf(
  { backend, subject }: Pick<CaseContext<Backend>, "backend" | "subject">,
  operation: string,
  running: Promise<unknown>,
): Promise<Outcome> {
  const error = await within(subject.patienceMs, operation, settled(running));
  if (error === undefined) return undefined;
  if (!isMusterError(error)) assert.fail(`${operation} rejected with what is no MusterError: ${inspect(error)}`);
  assert.equal(error.source, `${backend.name}.${operation}`, "the source of the error");
  return error;
}

/** Asserts that the call rejects with one of the codes. */
export async function expectRejected(
  ctx: Pick<CaseContext<Backend>, "backend" | "subject">,
  operation: string,
  running: Promise<unknown>,
  ...codes: readonly ErrorCode[]
): Promise<MusterError> {
  const error = await outcomeOf(ctx, operation, running);
  if (error === undefined) assert.fail(`${operation} resolved instead of rejecting with ${codes.join(" or ")}`);
  assert.ok(codes.includes(error.code), `expected ${codes.join(" or ")}, got ${error.message}`);
  return error;
}

/** Rejects when the promise has not settled within the time; default as for the subject. */
export async function within<T>(patienceMs: number | undefined, what: string, promise: Promise<T>): Promise<T> {
  const ms = patienceMs ?? PATIENCE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not settled after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Moments of a call: after so many of its awaits, in a process that answers itself; the last one after any I/O began. */
export const MOMENTS = [0, 1, 2, 3, 4, "later"] as const;

export async function untilMoment(moment: (typeof MOMENTS)[number]): Promise<void> {
  if (moment === "later") return turn();
  for (let left = moment; left > 0; left -= 1) await Promise.resolve();
}

/** What it rejected with, for certain something. */
async function settled(running: Promise<unknown>): Promise<unknown> {
  try {
    await running;
    return undefined;
  } catch (error) {
    return error ?? new Error("it rejected with nothing");
  }
}
