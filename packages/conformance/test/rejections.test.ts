import { expect, test } from "vitest";
import type { Report } from "../src/report.ts";
import { node } from "./processes.ts";

test("a rejection that nobody handles fails the case it began in, and no other that runs beside it", {
  timeout: 30_000,
}, () => {
  // In a process of its own: vitest fails a run with such rejections, whoever else has heard of them.
  const { cases } = JSON.parse(node(["rejections.ts"]).out) as Report; // It prints one.
  expect(Object.fromEntries(cases.map(({ id, status, error }) => [id, error?.split("\n")[0] ?? status]))).toEqual({
    "registry/test/innocent-1": "passed",
    "registry/test/guilty": "registry/test/guilty (seed 1): nobody handled: forgotten",
    "registry/test/guilty-at-its-end": "registry/test/guilty-at-its-end (seed 1): nobody handled: late",
    "registry/test/handles-it": "passed",
    "registry/test/innocent-2": "passed",
  });
});
