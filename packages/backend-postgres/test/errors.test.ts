import { type ErrorCode, isMusterError, MusterError } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { postgresError, unsentError } from "../src/errors.ts";

/** What PostgreSQL answers: SQLSTATE and words. */
const ANSWERS: readonly (readonly [state: string, message: string, code: ErrorCode, mayHaveApplied: boolean])[] = [
  ["08003", "connection_does_not_exist", "UNAVAILABLE", true],
  ["08006", "connection_failure", "UNAVAILABLE", true],
  ["08001", "sqlclient_unable_to_establish_sqlconnection", "UNAVAILABLE", false],
  ["08004", "sqlserver_rejected_establishment_of_sqlconnection", "UNAVAILABLE", false],
  ["08P01", "bind message supplies 8 parameters, but prepared statement requires 7", "INTERNAL", false],
  ["0A000", "cached plan must not change result type", "UNSUPPORTED", false],
  ["22021", "invalid byte sequence for encoding", "INVALID_ARGUMENT", false],
  ["22P02", "invalid input syntax for type json", "INVALID_ARGUMENT", false],
  ["22P05", "unsupported Unicode escape sequence", "INVALID_ARGUMENT", false],
  ["23505", "duplicate key value violates unique constraint", "INTERNAL", false],
  ["25P02", "current transaction is aborted", "INVALID_ARGUMENT", false],
  ["25006", "cannot execute INSERT in a read-only transaction", "UNAVAILABLE", false],
  ["28000", "no pg_hba.conf entry for host", "UNAUTHENTICATED", false],
  ["28P01", "password authentication failed for user", "UNAUTHENTICATED", false],
  ["3D000", "database does not exist", "CONFIG_INVALID", false],
  ["3F000", "schema does not exist", "CONFIG_INVALID", false],
  ["40001", "could not serialize access due to concurrent update", "UNAVAILABLE", false],
  ["40P01", "deadlock detected", "UNAVAILABLE", false],
  ["40003", "statement completion unknown", "UNAVAILABLE", true],
  ["42501", "permission denied for schema", "PERMISSION_DENIED", false],
  ["42601", "syntax error at or near", "INTERNAL", false],
  ["42883", "function muster.set_many does not exist", "CONFIG_INVALID", false],
  ["42P01", "relation muster.registrations does not exist", "CONFIG_INVALID", false],
  ["53100", "could not extend file: No space left on device", "UNAVAILABLE", false],
  ["53200", "out of memory", "UNAVAILABLE", false],
  ["53300", "sorry, too many clients already", "UNAVAILABLE", false],
  ["54000", "index row size 2712 exceeds btree version 4 maximum 2704", "INVALID_ARGUMENT", false],
  ["55P03", "canceling statement due to lock timeout", "UNAVAILABLE", false],
  ["57014", "canceling statement due to statement timeout", "TIMEOUT", false],
  ["57P01", "terminating connection due to administrator command", "UNAVAILABLE", true],
  ["57P02", "terminating connection because of crash of another server process", "UNAVAILABLE", true],
  ["57P03", "the database system is starting up", "UNAVAILABLE", false],
  ["57P04", "database dropped", "CONFIG_INVALID", false],
  ["58030", "could not read block", "UNAVAILABLE", false],
  ["XX000", "cache lookup failed", "INTERNAL", false],
];

/** What the driver and the system say. */
const OTHERS: readonly (readonly [error: unknown, code: ErrorCode, mayHaveApplied: boolean])[] = [
  [new Error("timeout exceeded when trying to connect"), "RATE_LIMITED", false],
  [new Error("Connection terminated due to connection timeout"), "UNAVAILABLE", false],
  [new Error("Connection terminated unexpectedly"), "UNAVAILABLE", true],
  [new Error("Connection terminated"), "UNAVAILABLE", true],
  [new Error("Client has encountered a connection error and is not queryable"), "UNAVAILABLE", false],
  [new Error("Client was closed and is not queryable"), "UNAVAILABLE", false],
  [new Error("Cannot use a pool after calling end on the pool"), "UNAVAILABLE", false],
  [new Error("Query read timeout"), "TIMEOUT", true],
  [new Error("The server does not support SSL connections"), "CONFIG_INVALID", false],
  [new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"), "UNAUTHENTICATED", false],
  [coded("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"), "CONFIG_INVALID", false],
  [socketError("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED", "connect"), "UNAVAILABLE", false],
  [socketError("getaddrinfo ENOTFOUND nowhere", "ENOTFOUND", "getaddrinfo"), "UNAVAILABLE", false],
  [socketError("read ECONNRESET", "ECONNRESET", "read"), "UNAVAILABLE", true],
  [socketError("write EPIPE", "EPIPE", "write"), "UNAVAILABLE", true],
  ["thrown as text", "INTERNAL", true],
  [undefined, "INTERNAL", true],
];

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

function socketError(message: string, code: string, syscall: string): Error {
  return Object.assign(coded(message, code), { syscall });
}

describe("answers of the server", () => {
  test.each(ANSWERS)("%s %s is %s", (state, message, code, mayHaveApplied) => {
    const error = postgresError(coded(message, state), "postgres.setMany", "sensor-7");
    expect(error).toMatchObject({ code, mayHaveApplied, source: "postgres.setMany", subject: "sensor-7" });
    expect(error.message).toContain(message);
  });
});

describe("errors of the driver and the system", () => {
  test.each(OTHERS)("%s is %s", (cause, code, mayHaveApplied) => {
    const error = postgresError(cause, "postgres.setMany");
    expect(error).toMatchObject({ code, mayHaveApplied });
    expect(error.cause).toBe(cause);
  });

  test("a name with several addresses that all refuse can't be reached", () => {
    const each = ["127.0.0.1", "::1"].map((host) =>
      socketError(`connect ECONNREFUSED ${host}:1`, "ECONNREFUSED", "connect"),
    );
    const error = postgresError(Object.assign(new AggregateError(each), { code: "ECONNREFUSED" }), "postgres.open");
    expect(error).toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
    expect(error.message).toContain("::1");
  });
});

test("before a statement was sent nothing can have been applied, whatever went wrong", () => {
  for (const [cause] of OTHERS) expect(unsentError(cause, "postgres.open").mayHaveApplied).toBe(false);
  for (const [state, message] of ANSWERS) {
    expect(unsentError(coded(message, state), "postgres.open").mayHaveApplied).toBe(false);
  }
});

test("a coded error stays what it is", () => {
  const error = new MusterError({ code: "TIMEOUT", source: "postgres.scan", message: "late" });
  expect(postgresError(error, "postgres.reap")).toBe(error);
  expect(isMusterError(postgresError(new Error("x"), "postgres.reap"), "INTERNAL")).toBe(true);
});
