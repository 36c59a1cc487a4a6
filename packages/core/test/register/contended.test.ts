import { expect, test } from "vitest";
import type { MusterError } from "../../src/slots/index.ts";
import { codeOf } from "../support/codes.ts";
import { Fleets } from "../support/fleets.ts";

test("of 1,000 concurrent registers of 100 identities from 4 processes exactly one each wins", async () => {
  await using fleets = new Fleets();
  const processes = await fleets.openMany(4, { timing: { sessionLeaseMs: 5_000, ttlMs: 20_000 } });
  const calls = Array.from({ length: 1_000 }, async (_, call) => {
    const fleet = processes[call % 4]?.fleet;
    return await fleet?.register(`id-${(call * 7) % 100}`, { call });
  });
  const outcomes = await Promise.allSettled(calls);
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [codeOf(outcome.reason)] : []));
  expect(new Set(won.map((handle) => handle.identity)).size).toBe(100);
  expect(won).toHaveLength(100);
  expect(new Set(lost)).toEqual(new Set(["ALREADY_EXISTS"]));
  const fleet = processes[0]?.fleet;
  for (const handle of won) expect((await fleet?.get(handle.identity))?.epoch).toBe(handle.epoch);
});

test("of 1,000 concurrent registers of 100 identities in a namespace for 60, 60 win, one each", async () => {
  await using fleets = new Fleets();
  const timing = { sessionLeaseMs: 5_000, ttlMs: 20_000 };
  const processes = await fleets.openMany(4, { timing, limits: { maxIdentities: 60 } });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 1_000 }, async (_, call) => processes[call % 4]?.fleet.register(`id-${(call * 7) % 100}`, {})),
  );
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [codeOf(outcome.reason)] : []));
  expect(new Set(won.map((handle) => handle.identity)).size).toBe(60);
  expect(won).toHaveLength(60);
  expect(new Set(lost)).toEqual(new Set(["ALREADY_EXISTS", "QUOTA_EXCEEDED"]));
  expect(await processes[0]?.fleet.count()).toBe(60);
});

test("concurrent registers from 4 processes never exceed the quota", async () => {
  await using fleets = new Fleets();
  const processes = await fleets.openMany(4, { limits: { maxIdentities: 50 } });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, async (_, call) => await processes[call % 4]?.fleet.register(`id-${call}`, {})),
  );
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(50);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as MusterError] : []));
  expect(new Set(refused.map(codeOf))).toEqual(new Set(["QUOTA_EXCEEDED"]));
  expect(refused[0]?.detail).toEqual({ limit: 50 });
  expect(await processes[0]?.fleet.count()).toBe(50);
});
