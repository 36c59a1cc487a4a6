import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "../src/options.ts";

describe("the command line", () => {
  it("asks for the built-in missions over eight processes when it is empty", () => {
    const defaults = { filters: [], delivery: "at-most-once", store: "memory", kill: false, processes: 8 };
    expect(parseOptions([])).toMatchObject({ ...defaults, json: false, help: false });
  });

  it("takes filters as JSON, in their order", () => {
    const { filters } = parseOptions(["--filter", '{"country":"IS"}', "--filter=null"]);
    expect(filters).toEqual([{ country: "IS" }, null]);
  });

  it("takes a message, a number of processes, and the switches", () => {
    const options = parseOptions(["--message", "Hello", "--processes", "64", "--json", "-h"]);
    expect(options).toMatchObject({ message: "Hello", processes: 64, json: true, help: true });
  });

  it("takes a guarantee and a store", () => {
    const options = parseOptions([
      "--delivery",
      "exactly-once",
      "--store",
      "postgres://me:secret@localhost:5433/fleet",
    ]);
    expect(options.delivery).toBe("exactly-once");
    expect(String(options.store)).toBe("postgres://me:secret@localhost:5433/fleet");
    expect(parseOptions(["--store", "postgres"]).store).toBe("postgres");
  });

  it("takes a file, which keeps what it sends, and one that stays by its path", () => {
    expect(parseOptions(["--store", "file"])).toMatchObject({ store: "file", delivery: "at-least-once" });
    const { store } = parseOptions(["--store", "file:some where/airports.db", "--delivery", "exactly-once"]);
    expect(String(store)).toMatch(/^file:\/\/\/.*\/some%20where\/airports\.db$/);
    expect(String(parseOptions(["--store", "file:/data/airports.db"]).store)).toBe("file:///data/airports.db");
  });

  it("kills at least once unless it is told how", () => {
    expect(parseOptions(["--store", "postgres", "--kill"])).toMatchObject({ kill: true, delivery: "at-least-once" });
    const exactly = ["--store", "postgres", "--kill", "--delivery", "exactly-once"];
    expect(parseOptions(exactly)).toMatchObject({ kill: true, delivery: "exactly-once" });
  });

  it.each([
    [["--filtre", "{}"], "Unknown option '--filtre'."],
    [["BIKF"], "Unexpected argument 'BIKF'."],
    [["--filter"], "Option '--filter <value>' argument missing."],
    [["--json=yes"], "Option '--json' does not take an argument."],
    [["--delivery", "twice"], '--delivery takes at-most-once, at-least-once or exactly-once, not "twice".'],
    [["--store", "redis"], '--store takes memory, file, file:PATH, postgres or postgres://…, not "redis".'],
    [["--store", "postgres://"], '--store takes memory, file, file:PATH, postgres or postgres://…, not "postgres://".'],
    [["--kill"], "--kill needs --store file or postgres: a memory store dies with its process."],
    [
      ["--kill", "--store", "postgres", "--delivery", "at-most-once"],
      "--kill needs at-least-once or exactly-once: at-most-once keeps nothing for who is away.",
    ],
    [
      ["--store", "file", "--delivery", "at-most-once"],
      "--store file needs at-least-once or exactly-once: processes share a file, and no messaging.",
    ],
    [["--store", "file:"], '--store takes memory, file, file:PATH, postgres or postgres://…, not "file:".'],
    [["--processes", "0"], '--processes takes a whole number from 1 to 64, not "0".'],
    [["--processes", "65"], '--processes takes a whole number from 1 to 64, not "65".'],
    [["--processes", "2.5"], '--processes takes a whole number from 1 to 64, not "2.5".'],
    [["--processes", ""], '--processes takes a whole number from 1 to 64, not "".'],
  ])("refuses %j with one sentence", (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(sentence));
  });

  it("refuses a filter that is not JSON, in one line", () => {
    expect(() => parseOptions(["--filter", "{country:IS}"])).toThrow(/^--filter is not JSON: .+\.$/);
  });
});
