import { isMusterError } from "@muster/core/slots";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type SqliteOptions, sqliteFile, sqliteRegistry } from "../src/index.ts";

/** What a program without types can hand in. */
const WRONG: readonly (readonly [options: unknown, path: string])[] = [
  [{}, "path"],
  [{ path: "" }, "path"],
  [{ path: 5 }, "path"],
  [{ path: ":memory:" }, "path"],
  [{ path: "a\0b" }, "path"],
  [{ path: "fleet.db", synchronous: "off" }, "synchronous"],
  [{ file: "fleet.db" }, "file"],
  [{ file: { path: "fleet.db" } }, "file"],
  [{ file: undefined }, "file"],
  [{ path: "fleet.db", file: sqliteFile({ path: "fleet.db" }) }, "path and file"],
];

describe("options", () => {
  test.each(WRONG)("%j are refused by what is wrong with them", (options, path) => {
    try {
      sqliteRegistry(options as SqliteOptions);
      expect.unreachable();
    } catch (error) {
      expect(isMusterError(error, "CONFIG_INVALID") && error.detail.violations.map((one) => one.path)).toEqual([path]);
    }
  });

  test("all that is wrong is told at once", () => {
    const options = { path: "", synchronous: "off" } as unknown as SqliteOptions;
    expect(() => sqliteRegistry(options)).toThrow(/path .*synchronous /);
  });

  test("a relative path begins at the working directory", () => {
    expect(sqliteFile({ path: "fleet.db" }).path).toBe(join(process.cwd(), "fleet.db"));
  });

  test("what looks like an address is a path all the same", () => {
    expect(sqliteFile({ path: "file:fleet.db?mode=memory" }).path).toBe(
      join(process.cwd(), "file:fleet.db?mode=memory"),
    );
  });
});
