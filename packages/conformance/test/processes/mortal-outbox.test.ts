/** An outbox client in another process is one like any other, and records in transactions of that process. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { outboxCases } from "../../src/cases/outbox-cases.ts";
import { withMortalProcesses } from "../../src/processes/mortal-processes.ts";
import { runCase } from "../../src/run.ts";
import type { MortalProcess, OutboxProbe, Subject } from "../../src/subject.ts";
import { subject } from "../fixtures/mortal-store.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-mortal-"));
const file = join(folder, "written");
const module = new URL("../fixtures/mortal-store.ts", import.meta.url);
const mortals = withMortalProcesses(subject(file), module, { args: [file] });
const processes: MortalProcess[] = [];

/** Clients of processes that share nothing: each case makes do with one, and together they call every method. */
const CASES = [
  "outbox/record/with-the-writes-of-its-transaction",
  "outbox/record/several-in-one-transaction",
  "outbox/record/half-done-is-undone",
  "outbox/record/not-a-transaction",
  "outbox/key/twice-in-one-transaction",
  "outbox/take/gets-to-all-of-it",
  "outbox/settle/failed-is-told-why",
  "outbox/settle/all-or-none",
  "outbox/backlog/tells-the-age-of-the-oldest",
  "outbox/reading/handed-over-is-left-out",
  "outbox/reading/unknown-is-nothing",
  "outbox/ttl/left-for-longer-than-it-lives",
];

beforeAll(() => writeFileSync(file, ""));

afterEach(async () => {
  await Promise.all(processes.splice(0).map(async ({ kill }) => kill(0)));
});

afterAll(async () => {
  await mortals.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Its only client, and its transactions, are those of one process that may die. */
function inAnother(): Subject {
  const process = mortals.mortal();
  processes.push(process);
  const { outbox, begin } = process;
  if (outbox === undefined || begin === undefined || mortals.outboxProbe === undefined)
    throw new Error("it has every slot");
  const outboxProbe: OutboxProbe = { ...mortals.outboxProbe, begin };
  return { ...mortals, outbox: () => outbox, outboxProbe };
}

test.each(CASES)("%s holds", { timeout: 60_000 }, async (id) => {
  const one = outboxCases.find((each) => each.id === id);
  expect(one).toBeDefined();
  if (one === undefined) return;
  expect(await runCase(inAnother(), one, { seed: 1 })).toMatchObject({ id, status: "passed" });
});
