import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "../src/options.ts";

describe("the command line", () => {
  it("asks for the built-in missions over eight processes when it is empty", () => {
    expect(parseOptions([])).toMatchObject({ filters: [], processes: 8, json: false, help: false });
  });

  it("takes filters as JSON, in their order", () => {
    const { filters } = parseOptions(["--filter", '{"country":"IS"}', "--filter=null"]);
    expect(filters).toEqual([{ country: "IS" }, null]);
  });

  it("takes a message, a number of processes, and the switches", () => {
    const options = parseOptions(["--message", "Hello", "--processes", "64", "--json", "-h"]);
    expect(options).toMatchObject({ message: "Hello", processes: 64, json: true, help: true });
  });

  it.each([
    [["--filtre", "{}"], "Unknown option '--filtre'."],
    [["BIKF"], "Unexpected argument 'BIKF'."],
    [["--filter"], "Option '--filter <value>' argument missing."],
    [["--json=yes"], "Option '--json' does not take an argument."],
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
