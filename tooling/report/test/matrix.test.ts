import { expect, test } from "vitest";
import { matrix } from "../src/matrix.ts";
import { listMissing } from "../src/outcome.ts";
import type { MissingServer, Outcome } from "../src/outcome.ts";

const redis: MissingServer = { server: "redis", command: "apt-get install redis-server" };

function outcome(
  backend: string,
  file: string,
  passed: number,
  failed = 0,
  missing: readonly MissingServer[] = [],
): Outcome {
  return {
    project: `@muster/backend-${backend}`,
    file: `test/${file}`,
    tally: { passed, failed, skipped: 0 },
    missing,
  };
}

const cellsOf = (outcomes: readonly Outcome[]): readonly (readonly string[])[] =>
  matrix(outcomes).map((line) => line.trim().split(/ {2,}/));

test("suites are rows, backends columns, and the counts of a suite's files are added up", () => {
  const outcomes = [
    outcome("memory", "conformance.test.ts", 210),
    outcome("redis", "conformance.test.ts", 200, 3),
    outcome("redis", "recovery/outage.server.test.ts", 4),
    outcome("redis", "recovery/restart.server.test.ts", 3),
  ];
  expect(cellsOf(outcomes)).toEqual([
    ["memory", "redis"],
    ["conformance", "210 passed", "3 FAILED, 200 passed"],
    ["recovery", "-", "7 passed"],
  ]);
});

test("a suite that waits for a server is NOT RUN, also where its standing-in test was made to fail", () => {
  const outcomes = [
    outcome("memory", "conformance.test.ts", 1),
    outcome("redis", "conformance.test.ts", 0, 1, [redis]),
    outcome("redis", "conformance-faults.server.test.ts", 0, 0, [redis]),
    outcome("redis", "keys.test.ts", 9),
    outcome("memory", "inbox.test.ts", 5),
  ];
  expect(cellsOf(outcomes)).toEqual([
    ["memory", "redis"],
    ["conformance", "1 passed", "NOT RUN"],
    ["conformance faults", "-", "NOT RUN"],
    ["other tests", "5 passed", "9 passed"],
  ]);
});

test("packages that are no backends, and runs of one backend, have no table", () => {
  const core = { ...outcome("redis", "a.test.ts", 1), project: "@muster/core" };
  expect(matrix([outcome("redis", "a.test.ts", 1), core])).toEqual([]);
});

test("an example's backend is one", () => {
  const files = { ...outcome("", "conformance.test.ts", 2), project: "@muster/example-backend-files" };
  expect(cellsOf([files, outcome("nats", "conformance.test.ts", 1)])[0]).toEqual(["files", "nats"]);
});

test("a missing server is named once, with its command and everybody who waits for it", () => {
  const outcomes = [
    outcome("redis", "conformance.test.ts", 0, 0, [redis, redis]),
    outcome("redis", "errors.server.test.ts", 0, 0, [redis]),
    { ...outcome("", "story.test.ts", 0, 0, [redis]), project: "@muster/example-presence" },
  ];
  expect(listMissing(outcomes)).toEqual([
    "NOT RUN without redis (apt-get install redis-server): @muster/backend-redis, @muster/example-presence",
  ]);
});
