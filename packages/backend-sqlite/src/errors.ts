/** What SQLite, its driver and its thread say, as coded errors. */

import { type DriverErrorCode, driverError, isMusterError, MusterError } from "@muster/core/slots";
import type { Failure } from "./thread/messages.ts";

/** The name of this backend, as it stands in the source of errors. */
export const NAME = "sqlite";

type Meaning = readonly [code: DriverErrorCode, message: string];

const BUSY = 5;
const LOCKED = 6;

/** By result code; an extended one, which has it in its last byte, where that tells more. */
const RESULTS: Readonly<Record<number, Meaning>> = {
  3: ["PERMISSION_DENIED", "this process may not open the file"],
  [BUSY]: ["UNAVAILABLE", "another process holds the file"],
  [LOCKED]: ["UNAVAILABLE", "another connection holds the table"],
  7: ["UNAVAILABLE", "there is no memory left"],
  8: ["PERMISSION_DENIED", "the file, or its folder, can't be written to"],
  10: ["UNAVAILABLE", "the disk fails"],
  11: ["INTERNAL", "the file is damaged: put a copy in its place"],
  13: ["UNAVAILABLE", "the disk is full; nothing was changed"],
  14: ["UNAVAILABLE", "the file can't be opened: is its folder there, and may this process write to it?"],
  18: ["INVALID_ARGUMENT", "it is larger than a file can hold"],
  22: ["UNAVAILABLE", "the system can't hold files that large"],
  23: ["PERMISSION_DENIED", "this process may not do it"],
  26: ["CONFIG_INVALID", "the file is not a database"],
};

/** After these nothing can be said of the connection: the next request makes another. */
const OF_CONNECTION: ReadonlySet<number> = new Set([10, 11, 14, 26]);

const UNKNOWN: Meaning = ["INTERNAL", "an unexpected error"];

/**
 * The error for what the thread has answered.
 *
 * @param source `sqlite.` and the operation: `sqlite.setMany`.
 */
export function sqliteError(failure: Failure, source: string): MusterError {
  const { message: text, coded, rawCode, mayHaveApplied, stack } = failure;
  const cause = Object.assign(new Error(text), { ...(stack && { stack }), ...(rawCode && { rawCode }) });
  if (coded !== undefined) {
    // Code and detail belong together, since they come from one error.
    return new MusterError({ ...coded, source, cause } as ConstructorParameters<typeof MusterError>[0]);
  }
  if (failure.hasDied === true)
    return new MusterError({ code: "UNAVAILABLE", source, message: text, mayHaveApplied, cause });
  const [code, message] = meaningOf(rawCode);
  return driverError({ code, message, mayHaveApplied, path: "path" }, { source, text, cause });
}

function meaningOf(rawCode: number | undefined): Meaning {
  if (rawCode === undefined) return UNKNOWN;
  return RESULTS[rawCode] ?? RESULTS[rawCode & 0xff] ?? UNKNOWN;
}

/** Somebody else holds what is needed, and it is worth to come again. */
export function isBusy(error: unknown): boolean {
  const result = (rawCodeOf(error) ?? 0) & 0xff;
  return result === BUSY || result === LOCKED;
}

export function isOfConnection(rawCode: number | undefined): boolean {
  return rawCode !== undefined && OF_CONNECTION.has(rawCode & 0xff);
}

/** The result code; when a file can't be opened the driver has it only in its words. */
export function rawCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || isMusterError(error)) return undefined;
  if ("rawCode" in error && typeof error.rawCode === "number") return error.rawCode;
  const digits = /^ConnectionFailed\(.*: (\d+)/s.exec(error.message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
