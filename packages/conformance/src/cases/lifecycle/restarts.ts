/** A server that is killed and started again, with the data it has kept. */

import assert from "node:assert/strict";
import type { Backend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import type { CaseContext, ConformanceCase, RegistryCase, Slot } from "../../case.ts";
import type { Subject } from "../../subject.ts";
import { entry, getOne, LONG_MS, numbered, storeAll, storeOne } from "../support.ts";
import { messagingOperations, type Operation, registryOperations } from "./operations.ts";
import { outcomeOf } from "./outcome.ts";

function canRestart(_: Backend, { faults }: Subject): boolean {
  return faults?.restart !== undefined;
}

async function restart<B extends Backend>({ subject }: CaseContext<B>): Promise<void> {
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

export const restartCases: readonly ConformanceCase[] = [
  goingOn<RegistryBackend>("registry", registryOperations),
  kept,
  goingOn<MessagingBackend>("messaging", messagingOperations),
];
