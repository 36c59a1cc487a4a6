/** What PostgreSQL and its driver say, as coded errors. */

import {
  driverError,
  type DriverErrorMeaning,
  isMusterError,
  MusterError,
  refused,
  socketMeaning,
  unanswered,
  wordsOf,
} from "@muster/core/slots";

/** The name of this backend, as it stands in the source of errors. */
export const NAME = "postgres";

/**
 * By SQLSTATE, or by its class. Every call is one statement, which the server has undone when it answers with an error;
 * unless it ends the connection with it, for then it may have come between the statement and its answer.
 */
const STATES: Readonly<Record<string, DriverErrorMeaning>> = {
  "08": unanswered("the connection was lost"),
  "08001": refused("UNAVAILABLE", "the server can't be reached"),
  "08004": refused("UNAVAILABLE", "the server takes no connection"),
  "08P01": refused("INTERNAL", "the server does not understand the driver"),
  "0A": refused("UNSUPPORTED", "the server can't do it"),
  "0A000": refused("UNSUPPORTED", "the server can't do it"),
  "22": refused("INVALID_ARGUMENT", "the server does not take such a value"),
  "25P01": refused("INVALID_ARGUMENT", "no transaction is open"),
  "25P02": refused("INVALID_ARGUMENT", "a statement of the transaction had failed before"),
  "25006": refused("UNAVAILABLE", "the server takes no writes: it is a standby, or was told so"),
  "28": refused("UNAUTHENTICATED", "the server knows no such user and password, or lets him not in from here"),
  "3D000": refused("CONFIG_INVALID", "the server has no such database"),
  "3F000": refused("CONFIG_INVALID", "the schema is gone: open again"),
  "40": refused("UNAVAILABLE", "others have written the same at the same time"),
  "40003": unanswered("the server does not know whether it was done"),
  "42501": refused("PERMISSION_DENIED", "the user may not do it"),
  "42P01": refused("CONFIG_INVALID", "a table is missing: open again"),
  "42883": refused("CONFIG_INVALID", "a function is missing: open again"),
  "53": refused("UNAVAILABLE", "the server is short of resources"),
  "53300": refused("UNAVAILABLE", "the server has too many clients"),
  "54": refused("INVALID_ARGUMENT", "it is more than the server takes"),
  "55P03": refused("UNAVAILABLE", "somebody else holds a lock for too long"),
  "57014": refused("TIMEOUT", "the server has cancelled it: its own time limit is shorter"),
  "57P01": unanswered("the server is shutting down"),
  "57P02": unanswered("the server ends connections because one of its processes has crashed"),
  "57P03": refused("UNAVAILABLE", "the server is starting, or shutting down"),
  "57P04": refused("CONFIG_INVALID", "the database was dropped"),
  "57P05": unanswered("the server has ended an idle connection"),
  "58": refused("UNAVAILABLE", "the server's system fails"),
};

/** What the driver says by itself, told apart by its words. */
const MESSAGES: readonly (readonly [pattern: RegExp, meaning: DriverErrorMeaning])[] = [
  [/^timeout exceeded when trying to connect/, refused("RATE_LIMITED", "all connections are busy")],
  [/^Connection terminated due to connection timeout/, refused("UNAVAILABLE", "the server does not answer")],
  [/^timeout expired/, refused("UNAVAILABLE", "the server does not answer")],
  [/^Cannot use a pool after calling end/, refused("UNAVAILABLE", "the pool that was handed in has been ended")],
  [/is not queryable/, refused("UNAVAILABLE", "the connection was lost before")],
  [/^Connection terminated/, unanswered("the connection was lost")],
  [/^Query read timeout/, unanswered("the server did not answer in time", "TIMEOUT")],
  [/^The server does not support SSL/, refused("CONFIG_INVALID", "the server speaks no TLS")],
  [/^There was an error establishing an SSL connection/, refused("CONFIG_INVALID", "the server speaks no TLS")],
  [/^SASL: /, refused("UNAUTHENTICATED", "the server asks for a password, and another")],
  [
    /self[- ]signed certificate|certificate|altnames/i,
    refused("CONFIG_INVALID", "the server's certificate is not trusted"),
  ],
];

const UNKNOWN: DriverErrorMeaning = unanswered("an unexpected error", "INTERNAL");
const UNKNOWN_STATE: DriverErrorMeaning = refused("INTERNAL", "an unexpected error of the server");

/**
 * A coded error for whatever a call of the driver rejected with. What already is one is given back as it is.
 *
 * @param source `postgres.` and the operation: `postgres.setMany`.
 */
export function postgresError(error: unknown, source: string, subject?: string): MusterError {
  if (isMusterError(error)) return error;
  const text = wordsOf(error);
  return driverError(meaningOf(error, text), { source, subject, text, cause: error });
}

/** As {@link postgresError}, for what happened before a statement was sent: nothing can have been applied. */
export function unsentError(error: unknown, source: string): MusterError {
  const coded = postgresError(error, source);
  if (!coded.mayHaveApplied || isMusterError(error)) return coded;
  const code = coded.code === "INTERNAL" ? "INTERNAL" : "UNAVAILABLE";
  return new MusterError({ code, source, message: `no connection (${wordsOf(error)})`, cause: error });
}

function meaningOf(error: unknown, text: string): DriverErrorMeaning {
  const ofSocket = socketMeaning(error);
  if (ofSocket !== undefined) return ofSocket;
  const code = codeOf(error);
  const found = MESSAGES.find(([pattern]) => pattern.test(text));
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return found?.[1] ?? UNKNOWN;
  return STATES[code] ?? STATES[code.slice(0, 2)] ?? UNKNOWN_STATE;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
