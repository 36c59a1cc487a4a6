/** A durability client in another process is one like any other. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { durabilityCases } from "../../src/cases/durability-cases.ts";
import { withMortalProcesses } from "../../src/processes/mortal-processes.ts";
import { runCase } from "../../src/run.ts";
import type { MortalProcess } from "../../src/subject.ts";
import { subject } from "../fixtures/mortal-store.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-mortal-"));
const file = join(folder, "written");
const module = new URL("../fixtures/mortal-store.ts", import.meta.url);
const mortals = withMortalProcesses(subject(file), module, { args: [file] });
const processes: MortalProcess[] = [];

/** Clients of processes that share nothing: each case makes do with one, and together they call every method. */
const CASES = [
  "durability/enqueue/every-recipient-has-its-own",
  "durability/detach/releases",
  "durability/extend/one-failure-is-one",
  "durability/sweep/comes-to-an-end",
  "durability/transaction/commits-with-the-ack",
  "durability/transaction/each-recipient-for-itself",
  "durability/drop/is-a-dead-letter",
  "durability/tracking/pages-by-status",
  "durability/dead-letters/pages-in-order",
  "durability/dead-letters/redriven-for-its-ttl",
  "durability/dead-letters/redrive-what-is-none",
];

beforeAll(() => writeFileSync(file, ""));

afterEach(async () => {
  await Promise.all(processes.splice(0).map(async ({ kill }) => kill(0)));
});

afterAll(async () => {
  await mortals.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(CASES)("%s holds", { timeout: 60_000 }, async (id) => {
  const one = durabilityCases.find((each) => each.id === id);
  expect(one).toBeDefined();
  if (one === undefined) return;
  const inAnother = {
    ...mortals,
    durability: () => {
      const process = mortals.mortal();
      processes.push(process);
      if (process.durability === undefined) throw new Error("it has every slot");
      return process.durability;
    },
  };
  expect(await runCase(inAnother, one, { seed: 1 })).toMatchObject({ id, status: "passed" });
});
