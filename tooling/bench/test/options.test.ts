import { expect, test } from "vitest";
import { parseCommandLine, usage } from "../src/options.ts";

const KNOWN = ["filter", "scan"];

test("no arguments run every scenario for nine rounds at its own size", () => {
  expect(parseCommandLine([], KNOWN)).toEqual({ kind: "run", scenarios: KNOWN, rounds: 9 });
});

test("named scenarios run once each, in the order they are named", () => {
  expect(parseCommandLine(["scan", "filter", "scan"], KNOWN)).toMatchObject({ scenarios: ["scan", "filter"] });
});

test("size, rounds and the JSON target are read in both spellings", () => {
  expect(parseCommandLine(["--size", "500", "--rounds=3", "--json", "-", "scan"], KNOWN)).toEqual({
    kind: "run",
    scenarios: ["scan"],
    size: 500,
    rounds: 3,
    json: "-",
  });
});

test("a load lasts as long as it is told to", () => {
  expect(parseCommandLine(["--seconds", "5"], KNOWN)).toMatchObject({ seconds: 5 });
});

test("a composition plays those that are for any, and of these the ones that are named", () => {
  expect(parseCommandLine(["--on", "redis+nats"], KNOWN, ["scan"])).toMatchObject({
    scenarios: ["scan"],
    on: "redis+nats",
  });
  expect(parseCommandLine(["scan", "--on=memory"], KNOWN, ["scan"])).toMatchObject({ on: "memory" });
  expect(parseCommandLine(["report", "--on", "redis"], KNOWN, ["scan"])).toMatchObject({ scenarios: [], on: "redis" });
});

test("a scenario that is about certain backends takes no other ones", () => {
  const command = parseCommandLine(["filter", "--on", "redis"], KNOWN, ["scan"]);
  expect(command).toMatchObject({ message: '"filter" is about certain backends: --on is for scan.' });
});

test("--help wins over everything that is well-formed", () => {
  expect(parseCommandLine(["filter", "-h"], KNOWN)).toEqual({ kind: "help" });
});

test.each([
  [["nonsense"], 'no scenario "nonsense". There are: filter, scan'],
  [["--on", "mysql"], "registry: redis, postgres"],
  [["--sizes", "5"], "--sizes"],
  [["--size"], "--size"],
  [["--size", "0"], '--size takes a whole number above 0, not "0"'],
  [["--size", "1e5"], '"1e5"'],
  [["--size", "99999999999999999999"], "--size"],
  [["--rounds", "2.5"], '"2.5"'],
  [["--rounds=-1"], '"-1"'],
  [["--seconds", "0.5"], '"0.5"'],
  [["--json="], "--json takes a file name"],
  [["scan", "report"], '"report"'],
  [["report", "--json", "-"], "--json is not for it"],
  [["scan", "--check"], "--check are for a report"],
])("%j is a mistake, and the sentence names what is wrong", (argv, part) => {
  const command = parseCommandLine(argv, KNOWN);
  expect(command).toMatchObject({ kind: "mistake", message: expect.stringContaining(part) as unknown });
});

test("a report plays what it is told to, or everything that is promised", () => {
  expect(parseCommandLine(["report"], KNOWN)).toEqual({ kind: "report", scenarios: [], mode: "play", rounds: 9 });
  expect(parseCommandLine(["report", "scan", "--size", "500"], KNOWN)).toMatchObject({
    scenarios: ["scan"],
    size: 500,
  });
});

test("a report of what is stored plays nothing, and a check writes nothing either", () => {
  expect(parseCommandLine(["report", "--stored"], KNOWN)).toMatchObject({ mode: "write" });
  expect(parseCommandLine(["report", "--check"], KNOWN)).toMatchObject({ mode: "check" });
});

test("the usage names every scenario and what it compares", () => {
  const text = usage([{ name: "scan", about: "a scan against a loop" }]);
  expect(text).toMatch(/^Usage: pnpm bench /);
  expect(text).toContain("scan  a scan against a loop");
});
