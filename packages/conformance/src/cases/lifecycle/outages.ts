/** A server that nobody reaches, and one whose answers nobody gets. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Backend, DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import type { CaseContext, ConformanceCase, Slot } from "../../case.ts";
import { askedAgain, repeated } from "./asked-again.ts";
import { durabilityOperations } from "./durability-operations.ts";
import { during, expectNoAnswer, expectNoneOrDone } from "./faults.ts";
import { messagingOperations, type Operation, registryOperations, type Staged } from "./operations.ts";
import { servedOutboxOperations } from "./outbox-operations.ts";

/** As long as a client may take until it is on its way back. */
const COMING_BACK_MS = 500;
const ASKING_EVERY_MS = 20;
/** A process that was held up itself can miss that its request never left, and be right in that it may have. */
const LOST_ATTEMPTS = 3;

/** Staged when both clients are on their way back from the last fault no longer: the operation has worked once before. */
async function stagedOnceBack<B extends Backend>(
  ctx: CaseContext<B>,
  { stage }: Operation<B>,
  target: B,
): Promise<Staged> {
  return ctx.eventually(async () => {
    const rehearsal = await stage(ctx, target);
    await rehearsal.run(ctx.call);
    return stage(ctx, target);
  });
}

async function unreachable<B extends Backend>(ctx: CaseContext<B>, operations: readonly Operation<B>[]): Promise<void> {
  const target = await ctx.peer();
  for (const operation of operations) {
    const { name, has } = operation;
    if (has?.(target) === false) continue;
    const { run, effects } = await stagedOnceBack(ctx, operation, target);
    if (operation.mayGoUnanswered === true) {
      await during(ctx, "cut", async () => expectNoneOrDone(ctx, name, run));
      continue;
    }
    const { mayHaveApplied } = await during(ctx, "cut", async () => expectNoAnswer(ctx, name, run));
    if (effects && !mayHaveApplied) assert.equal(await ctx.eventually(async () => effects(0)), 0, `effects of ${name}`);
    await ctx.eventually(async () => run(ctx.call));
  }
}

async function unreachableAtOpen<B extends Backend>(ctx: CaseContext<B>): Promise<void> {
  const scope = { namespace: ctx.namespace };
  await during(ctx, "cut", async () => {
    const client = ctx.fresh();
    await expectNoAnswer(ctx, "open", async (call) => client.open(scope, call));
    await client.close();
  });
  await ctx.eventually(async () => ctx.peer());
}

async function repliesLost<B extends Backend>(
  ctx: CaseContext<B>,
  slot: Slot,
  operations: readonly Operation<B>[],
): Promise<void> {
  const takesSteps = ctx.subject.takesSteps?.includes(slot) === true;
  const target = await ctx.peer();
  for (const operation of operations) {
    const { name, has, isPushed, isStepwise } = operation;
    if (has?.(target) === false) continue;
    const least = isPushed?.(target) === true || isStepwise === true || takesSteps ? 0 : 1;
    let seen = await replyLost(ctx, operation, target, least);
    for (let again = 1; again < LOST_ATTEMPTS && seen < least; again += 1) {
      seen = await replyLost(ctx, operation, target, least);
    }
    assert.ok(seen >= least, `${name} has taken effect ${seen} times`);
  }
}

/** How often it has taken effect, once or never; as often as it must where nobody can see it. */
async function replyLost<B extends Backend>(
  ctx: CaseContext<B>,
  operation: Operation<B>,
  target: B,
  least: number,
): Promise<number> {
  const { name, isStepwise } = operation;
  const { run, effects, look } = await stagedOnceBack(ctx, operation, target);
  await look?.(ctx.call);
  if (operation.mayGoUnanswered === true) {
    await during(ctx, "dropReplies", async () => expectNoneOrDone(ctx, name, run));
    return least;
  }
  const { mayHaveApplied } = await during(ctx, "dropReplies", async () => expectNoAnswer(ctx, name, run));
  if (effects === undefined) return least;
  if (isStepwise !== true) assert.equal(mayHaveApplied, true, `${name} may have been applied`);
  const seen = await ctx.eventually(async () => effects(least));
  assert.ok(seen <= (mayHaveApplied ? 1 : 0), `${name} has taken effect ${seen} times`);
  return seen;
}

async function lostOnTheWayBack<B extends Backend>(
  ctx: CaseContext<B>,
  [operation]: readonly Operation<B>[],
): Promise<void> {
  assert.ok(operation !== undefined, "an operation that needs the server");
  const { name, stage } = operation;
  const { run } = await stage(ctx, await ctx.peer());
  await during(ctx, "cut", async () => expectNoAnswer(ctx, name, run));
  await during(ctx, "dropReplies", async () => {
    const end = performance.now() + COMING_BACK_MS;
    while (performance.now() < end) {
      await expectNoAnswer(ctx, name, run);
      await delay(ASKING_EVERY_MS);
    }
  });
  await ctx.eventually(async () => run(ctx.call));
}

function casesOf<B extends Backend>(slot: Slot, operations: readonly Operation<B>[]): readonly ConformanceCase<B>[] {
  return [
    {
      id: `${slot}/lifecycle/unreachable-server`,
      rule: "While nobody reaches the server every operation rejects with UNAVAILABLE or TIMEOUT, and works afterwards.",
      slot,
      applies: (_, { faults }) => faults !== undefined,
      run: async (ctx) => unreachable(ctx, operations),
    },
    {
      id: `${slot}/lifecycle/unreachable-server-at-open`,
      rule: "While nobody reaches the server opening rejects with UNAVAILABLE or TIMEOUT, and works afterwards.",
      slot,
      applies: (_, { faults }) => faults !== undefined,
      run: unreachableAtOpen,
    },
    {
      id: `${slot}/lifecycle/lost-replies`,
      rule: "A call whose reply is lost rejects as one that may have been applied, and has been, once, unless it takes several steps; a delivery may be lost as well.",
      slot,
      applies: (_, { faults }) => faults?.dropReplies !== undefined,
      run: async (ctx) => repliesLost(ctx, slot, operations),
    },
    {
      id: `${slot}/lifecycle/lost-on-the-way-back`,
      rule: "A client whose line is lost again while it comes back, before the server has said anything, comes back all the same.",
      slot,
      applies: (_, { faults }) => faults?.dropReplies !== undefined,
      run: async (ctx) => lostOnTheWayBack(ctx, operations),
    },
  ];
}

export const outageCases: readonly ConformanceCase[] = [
  ...casesOf<RegistryBackend>("registry", registryOperations),
  askedAgain,
  ...casesOf<MessagingBackend>("messaging", messagingOperations),
  ...casesOf<DurabilityBackend>("durability", durabilityOperations),
  repeated,
  ...casesOf<OutboxBackend>("outbox", servedOutboxOperations),
];
