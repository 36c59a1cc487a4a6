import { type ErrorCode, MusterError } from "@muster/core/slots";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { isBusy, rawCodeOf, sqliteError } from "../src/errors.ts";
import { failureOf } from "../src/thread/failure.ts";

/** What SQLite answers: result code and words. */
const ANSWERS: readonly (readonly [rawCode: number, message: string, code: ErrorCode])[] = [
  [1, "no such table: muster_registrations", "INTERNAL"],
  [3, "access permission denied", "PERMISSION_DENIED"],
  [5, "database is locked", "UNAVAILABLE"],
  [6, "database table is locked", "UNAVAILABLE"],
  [7, "out of memory", "UNAVAILABLE"],
  [8, "attempt to write a readonly database", "PERMISSION_DENIED"],
  [10, "disk I/O error", "UNAVAILABLE"],
  [11, "database disk image is malformed", "INTERNAL"],
  [13, "database or disk is full", "UNAVAILABLE"],
  [14, "unable to open database file", "UNAVAILABLE"],
  [18, "string or blob too big", "INVALID_ARGUMENT"],
  [19, "constraint failed", "INTERNAL"],
  [21, "bad parameter or other API misuse", "INTERNAL"],
  [23, "not authorized", "PERMISSION_DENIED"],
  [26, "file is not a database", "CONFIG_INVALID"],
  [261, "database is locked (recovery)", "UNAVAILABLE"],
  [266, "disk I/O error (read)", "UNAVAILABLE"],
  [267, "database corruption (virtual table)", "INTERNAL"],
  [270, "unable to open database file (no temporary directory)", "UNAVAILABLE"],
  [517, "database is locked (snapshot)", "UNAVAILABLE"],
  [1_555, "UNIQUE constraint failed", "INTERNAL"],
  [3_338, "disk I/O error (access)", "UNAVAILABLE"],
];

function answered(rawCode: number, message: string): Error {
  return Object.assign(new Error(message), { rawCode });
}

describe("answers of SQLite", () => {
  test.each(ANSWERS)("%i %s is %s", (rawCode, message, code) => {
    for (const mayHaveApplied of [false, true]) {
      const error = sqliteError(failureOf(answered(rawCode, message), mayHaveApplied), "sqlite.setMany");
      expect(error).toMatchObject({ code, mayHaveApplied, source: "sqlite.setMany" });
      expect(error.message).toContain(message);
      expect(error.cause).toMatchObject({ message });
    }
  });

  test("a full disk is called one", () => {
    expect(sqliteError(failureOf(answered(13, "full"), false), "sqlite.setMany").message).toContain("disk is full");
  });

  test("only what others hold is waited for", () => {
    const waited = ANSWERS.filter(([rawCode, message]) => isBusy(answered(rawCode, message)));
    expect(waited.map(([rawCode]) => rawCode)).toEqual([5, 6, 261, 517]);
    expect(isBusy(new Error("database is locked"))).toBe(false);
  });
});

describe("errors of the driver", () => {
  test("what can't be opened has its result code only in words, and is known by it", () => {
    try {
      new Database("/nowhere/fleet.db");
      expect.unreachable();
    } catch (error) {
      expect(rawCodeOf(error)).toBe(14);
    }
  });

  test("a statement that is wrong tells its result code", () => {
    const database = new Database(":memory:");
    try {
      database.exec("select * from nothing");
      expect.unreachable();
    } catch (error) {
      expect(rawCodeOf(error)).toBe(1);
    } finally {
      database.close();
    }
  });
});

describe("other errors", () => {
  test("a thread that has died is unavailable, and another one may be asked", () => {
    const failure = { ...failureOf(new Error("it has died"), true), hasDied: true };
    expect(sqliteError(failure, "sqlite.reap")).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      mayHaveApplied: true,
    });
  });

  test("what nobody expects is internal", () => {
    for (const thrown of ["text", undefined, new TypeError("x is not a function")]) {
      expect(sqliteError(failureOf(thrown, false), "sqlite.reap")).toMatchObject({ code: "INTERNAL" });
    }
  });

  test("a coded error comes out of the thread as it went in", () => {
    const detail = { feature: "version 9 of the tables" };
    const error = new MusterError({ code: "UNSUPPORTED", source: "sqlite.open", message: "too new", detail });
    const failure = structuredClone(failureOf(error, false));
    expect(sqliteError(failure, "sqlite.open")).toMatchObject({ code: "UNSUPPORTED", detail, message: error.message });
  });
});
