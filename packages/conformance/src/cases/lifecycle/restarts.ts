/** A server that is killed and started again, with the data it has kept. */

import assert from "node:assert/strict";
import type { Backend, DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import type { CaseContext, ConformanceCase, DurabilityCase, RegistryCase, Slot } from "../../case.ts";
import type { Subject } from "../../subject.ts";
import { drop } from "../durability/drops.ts";
import { begin, expectTracked } from "../durability/facets.ts";
import { attach, enqueue, expectHanded, message, pair, settle, take, tryAttach } from "../durability/support.ts";
import {
  collect,
  deleteOne,
  entry,
  expectCensus,
  getOne,
  identitiesOf,
  LONG_MS,
  numbered,
  refusal,
  scanAll,
  startSession,
  storeAll,
  storeOne,
} from "../support.ts";
import { durabilityOperations } from "./durability-operations.ts";
import { messagingOperations, type Operation, registryOperations } from "./operations.ts";
import { servedOutboxOperations } from "./outbox-operations.ts";
import { outcomeOf } from "./outcome.ts";

export function canRestart(_: Backend, { faults }: Subject): boolean {
  return faults?.restart !== undefined;
}

export async function restart<B extends Backend>({ subject }: CaseContext<B>): Promise<void> {
  assert.ok(subject.faults?.restart !== undefined, "the restart that was there when the run was planned");
  await subject.faults.restart();
}

/** Every operation once while the server goes down, and again until it works. */
async function goesOn<B extends Backend>(ctx: CaseContext<B>, all: readonly Operation<B>[]): Promise<void> {
  const target = await ctx.peer();
  const operations = all.filter(({ has }) => has?.(target) ?? true);
  const running: Promise<unknown>[] = [];
  for (const { name, stage } of operations) {
    const { run } = await stage(ctx, target);
    running.push(outcomeOf(ctx, name, run(ctx.call)));
  }
  await restart(ctx);
  await Promise.all(running);
  for (const { stage } of operations) await ctx.eventually(async () => (await stage(ctx, target)).run(ctx.call));
}

function goingOn<B extends Backend>(slot: Slot, operations: readonly Operation<B>[]): ConformanceCase<B> {
  return {
    id: `${slot}/lifecycle/restarted-server`,
    rule: "When the server is killed and started again what was running settles, and clients that were open go on.",
    slot,
    applies: canRestart,
    run: async (ctx) => goesOn(ctx, operations),
  };
}

const kept: RegistryCase = {
  id: "registry/lifecycle/restarted-server-knows-all-or-nothing",
  rule: "What a restarted server still has of a registration is all of it, and whoever replaces it gets a larger epoch.",
  slot: "registry",
  applies: canRestart,
  async run(ctx) {
    const entries = numbered("a", 10).map((one) => entry(one, { metadata: { of: one }, address: "n", ttlMs: LONG_MS }));
    const stored = await storeAll(ctx, entries);
    await restart(ctx);
    for (const before of stored) {
      const { identity } = before;
      const after = await ctx.eventually(async () => getOne(ctx, identity));
      if (after === undefined) continue;
      assert.deepEqual(after, before);
      const successor = await storeOne(ctx, entry(identity, { mode: "replace" }));
      assert.ok(successor.epoch > before.epoch, "a larger epoch");
    }
  },
};

const allKept: RegistryCase = {
  id: "registry/lifecycle/restart-keeps-registrations",
  rule: "Where the server keeps its data, a restart changes nothing: who is there, what is counted, which session lives, what fences.",
  slot: "registry",
  applies: (backend, subject) => canRestart(backend, subject) && subject.faults?.keepsData === true,
  async run(ctx) {
    await startSession(ctx, "s");
    const bound = { session: "s", sessionBound: true, ttlMs: LONG_MS };
    const first = await storeAll(ctx, [
      entry("a", { metadata: { n: 1 }, ttlMs: LONG_MS }),
      entry("b", { ...bound, metadata: { n: 1 } }),
      entry("c", { ttlMs: LONG_MS }),
    ]);
    const updates = first
      .slice(0, 2)
      .map(({ identity, epoch }, index) =>
        entry(identity, { metadata: { n: 2 }, mode: { epoch }, ...(index === 1 ? bound : { ttlMs: LONG_MS }) }),
      );
    const stored = await storeAll(ctx, updates);
    const [, , gone] = first;
    if (gone) await deleteOne(ctx, gone);
    await restart(ctx);
    const found = await ctx.eventually(async () => scanAll(ctx));
    assert.deepEqual(found, stored);
    assert.deepEqual(await scanAll(ctx, { session: "s" }), stored.slice(1));
    await expectCensus(ctx, stored.length);
    assert.equal(await refusal(ctx, entry("b")), "exists");
    const successor = await storeOne(ctx, entry("c"));
    assert.ok(gone && successor.epoch > gone.epoch, "a larger epoch, also than that of the deleted");
    await storeOne(ctx, entry("d", bound));
  },
};

const duringScan: RegistryCase = {
  id: "registry/lifecycle/restarted-during-scan",
  rule: "A scan that the server is restarted under goes on to its end, or throws a coded error; it never ends early.",
  slot: "registry",
  applies: canRestart,
  async run(ctx) {
    const identities = numbered("one", 60);
    await storeAll(
      ctx,
      identities.map((one) => entry(one)),
    );
    for (const scan of ["scan", "scanRoutes"] as const) {
      const pages = ctx.backend[scan]({ pageSize: 5 }, ctx.call)[Symbol.asyncIterator]();
      const first = await pages.next();
      await restart(ctx);
      const rest = collect({ [Symbol.asyncIterator]: () => pages });
      const error = await outcomeOf(ctx, scan, rest);
      const still = await ctx.eventually(async () => scanAll(ctx));
      if (error !== undefined) {
        assert.ok(error.retryable, `it may be asked again: ${error.message}`);
        continue;
      }
      const seen = identitiesOf([...(first.done === true ? [] : first.value), ...(await rest)]);
      const missing = identitiesOf(still).filter((identity) => !seen.includes(identity));
      assert.deepEqual(missing, [], "who is there throughout");
      assert.equal(new Set(seen).size, seen.length, "nobody twice");
    }
  },
};

const keptDeliveries: DurabilityCase = {
  id: "durability/lifecycle/restart-keeps-deliveries",
  rule: "Where the server keeps its data, a restart changes nothing: what waits, what is leased, what has ended and how, who is attached, what was dropped.",
  slot: "durability",
  applies: (backend, subject) => canRestart(backend, subject) && subject.faults?.keepsData === true,
  async run(ctx) {
    await attach(ctx, ["acked", "dead", "held", "over", "waiting"]);
    if (ctx.backend.tracking) await begin(ctx, message("m"));
    await enqueue(ctx, message("m"), ["acked", "dead", "held", "over", "offline"]);
    const held = new Map((await take(ctx, 4)).map((one) => [one.identity, one.receipt]));
    const receiptOf = (identity: string): string => held.get(identity) ?? "";
    await settle(ctx, [
      { receipt: receiptOf("acked"), as: "ack" },
      { receipt: receiptOf("dead"), as: "dead", code: "REJECTED", reason: "no" },
    ]);
    await drop(ctx, ["over"]);
    await enqueue(ctx, message("n"), ["waiting"]);
    await restart(ctx);
    const known = { acked: "delivered", dead: "failed", held: "pending", over: "failed", offline: "pending" } as const;
    if (ctx.backend.tracking) await expectTracked(ctx, "m", known);
    await ctx.eventually(async () => enqueue(ctx, message("m"), ["acked", "dead", "held", "offline"]));
    await expectHanded(ctx, [pair("n", "waiting")]);
    assert.deepEqual(await tryAttach(ctx, ["over"]), [[0, "FENCED"]]);
    await settle(ctx, [{ receipt: receiptOf("held"), as: "retry" }]);
    await attach(ctx, ["offline"]);
    await expectHanded(ctx, [pair("m", "held"), pair("m", "offline")]);
  },
};

export const restartCases: readonly ConformanceCase[] = [
  goingOn<RegistryBackend>("registry", registryOperations),
  kept,
  allKept,
  duringScan,
  goingOn<MessagingBackend>("messaging", messagingOperations),
  goingOn<DurabilityBackend>("durability", durabilityOperations),
  keptDeliveries,
  goingOn<OutboxBackend>("outbox", servedOutboxOperations),
];
