/** The outbox cases on backends that are as honest as memory and claim something else. */

import { describe, expect, test } from "vitest";
import { outboxCases } from "../src/cases/outbox-cases.ts";
import { withOutbox } from "../src/mutant.ts";
import { runCase } from "../src/run.ts";
import type { Subject } from "../src/subject.ts";
import { memorySubject } from "./subjects.ts";

describe("a backend without bells", () => {
  const silent = (): Subject => withOutbox(memorySubject(), () => Object.fromEntries([["bells", undefined]]));

  test.each(outboxCases)("$id", async (one) => {
    const { error } = await runCase(silent(), one, { seed: 1 });
    if (error !== undefined) throw error;
  });
});

test("every case is run on memory", () => {
  const subject = memorySubject();
  const backend = subject.outbox();
  expect(outboxCases.filter((one) => one.applies?.(backend, subject) === false)).toEqual([]);
});
