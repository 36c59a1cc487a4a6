import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { describe, expect, test } from "vitest";
import { registryCases } from "../src/cases/registry-cases.ts";
import { registryMutants } from "../src/mutants/registry-mutants.ts";
import { runCase } from "../src/run.ts";
import type { Subject } from "../src/subject.ts";

function memory(patienceMs?: number): Subject {
  const hub = memoryHub();
  return {
    name: "memory",
    registry: () => memoryRegistry({ hub }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  };
}

const cases = new Map(registryCases.map((one) => [one.id, one]));

describe("memory", () => {
  test.each(registryCases)("$id", async (one) => {
    const { error, elapsedMs } = await runCase(memory(), one, { seed: 1 });
    if (error) throw error;
    if (elapsedMs > 150) console.log(one.id, Math.round(elapsedMs));
  });
});

describe("mutants", () => {
  test.each(registryMutants)("$id", async (mutant) => {
    for (const id of mutant.kills) {
      const one = cases.get(id);
      if (one === undefined) throw new Error(`no case ${id}`);
      const { status, error } = await runCase(mutant.of(memory(400)), one, { seed: 1, deadlineMs: 3_000 });
      if (process.env["SHOW"]) console.log(mutant.id, "|", id, "|", error?.message.split("\n")[0]);
      expect(`${id} ${status}`).toBe(`${id} failed`);
    }
  });

  test("every case kills one", () => {
    const killed = new Set(registryMutants.flatMap(({ kills }) => kills));
    expect(registryCases.map(({ id }) => id).filter((id) => !killed.has(id))).toEqual([]);
  });
});
