/** A server that nobody reaches, and one whose answers nobody gets. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Backend,
  type DurabilityBackend,
  linkCall,
  type Call,
  type MessagingBackend,
  type MusterError,
  type OutboxBackend,
  type RegistryBackend,
} from "@muster/core/slots";
import type {
  CaseContext,
  ConformanceCase,
  DurabilityCase,
  DurabilityContext,
  RegistryCase,
  Slot,
} from "../../case.ts";
import { PATIENCE_MS } from "../../eventually.ts";
import type { ServerFaults } from "../../subject.ts";
import { expectTracked, freshKey, probeOf, start, trackingOf, transactionsOf } from "../durability/facets.ts";
import { ack, attach, expectNothing, longTtl, message, SESSION, take } from "../durability/support.ts";
import { entry, expectStored, setOne, storedIn, storeOne } from "../support.ts";
import { durabilityOperations } from "./durability-operations.ts";
import { messagingOperations, type Operation, registryOperations, type Staged } from "./operations.ts";
import { servedOutboxOperations } from "./outbox-operations.ts";
import { expectRejected } from "./outcome.ts";

/** As long as a client may take until it is on its way back. */
const COMING_BACK_MS = 500;
const ASKING_EVERY_MS = 20;
/** A process that was held up itself can miss that its request never left, and be right in that it may have. */
const LOST_ATTEMPTS = 3;

/** Does something while a fault lasts, and heals whatever happens. */
async function during<B extends Backend, T>(
  { subject }: CaseContext<B>,
  fault: "cut" | "dropReplies",
  work: () => Promise<T>,
): Promise<T> {
  const faults = faultsOf(subject.faults);
  try {
    await faults[fault]?.();
    return await work();
  } finally {
    await faults.heal();
  }
}

function faultsOf(faults: ServerFaults | undefined): ServerFaults {
  assert.ok(faults !== undefined, "the faults that were there when the run was planned");
  return faults;
}

/** Asserts that it fails as when nobody answers, in good time. */
async function expectNoAnswer<B extends Backend>(
  ctx: CaseContext<B>,
  name: string,
  run: Staged["run"],
): Promise<MusterError> {
  const timeoutMs = PATIENCE_MS / 4;
  using call = linkCall({ timeoutMs }, timeoutMs, "conformance");
  const error = await expectRejected(ctx, name, run(call), "UNAVAILABLE", "TIMEOUT");
  assert.equal(error.retryable, true, "it may be tried again");
  return error;
}

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
  const { run, effects } = await stagedOnceBack(ctx, operation, target);
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

const askedAgain: RegistryCase = {
  id: "registry/lifecycle/lost-reply-asked-again",
  rule: "When the reply to an update was lost, the same attempt again gives what was stored, once.",
  slot: "registry",
  applies: (_, { faults }) => faults?.dropReplies !== undefined,
  async run(ctx) {
    const { epoch } = await storeOne(ctx, entry("a", { metadata: { n: 1 } }));
    const update = entry("a", { metadata: { n: 2 }, mode: { epoch } });
    await during(ctx, "dropReplies", async () => {
      const error = await expectNoAnswer(ctx, "setMany", async (call) => ctx.backend.setMany([update], call));
      assert.equal(error.mayHaveApplied, true, "it may have been applied");
    });
    const again = storedIn(await ctx.eventually(async () => setOne(ctx, update)));
    assert.deepEqual([again.epoch, again.revision, again.metadata], [epoch, 2, { n: 2 }]);
    await expectStored(ctx, "a", again, await ctx.peer());
  },
};

/** Loses the reply, and repeats the call until it is answered. */
async function repeatedly<T>(ctx: DurabilityContext, name: string, run: (call: Call) => Promise<T>): Promise<T> {
  await during(ctx, "dropReplies", async () => expectNoAnswer(ctx, name, run));
  return ctx.eventually(async () => run(ctx.call));
}

const repeated: DurabilityCase = {
  id: "durability/lifecycle/lost-replies-asked-again",
  rule: "When the reply was lost, enqueueing, settling, beginning and handling again is safe: each happens once.",
  slot: "durability",
  applies: (_, { faults }) => faults?.dropReplies !== undefined,
  async run(ctx) {
    const { backend } = ctx;
    const targets = ["a", "b"].map((identity) => ({ identity, epoch: 1, session: SESSION }));
    await attach(ctx, ["a", "b"]);
    const one = message("m");
    if (backend.tracking) {
      const { record } = await repeatedly(ctx, "begin", async (call) => trackingOf(backend).begin(start(one), call));
      assert.equal(record.digest, start(one).digest);
    }
    const enqueued = await repeatedly(ctx, "enqueueMany", async (call) =>
      backend.enqueueMany(one, targets, { ttlMs: longTtl(ctx) }, call),
    );
    assert.deepEqual(enqueued, []);
    const [first, second] = await take(ctx, 2);
    assert.ok(first !== undefined && second !== undefined);
    const acked = await repeatedly(ctx, "settleMany", async (call) =>
      backend.settleMany([{ receipt: first.receipt, as: "ack" }], call),
    );
    assert.deepEqual(acked, []);
    if (backend.transactions) {
      const key = freshKey();
      await repeatedly(ctx, "handleOnce", async (call) =>
        transactionsOf(backend).handleOnce(
          { messageId: second.id, identity: second.identity, receipt: second.receipt },
          async (transaction) => probeOf(ctx).write(transaction, key),
          call,
        ),
      );
      assert.equal(await probeOf(ctx).read(key), 1, "writes that stand");
    } else await ack(ctx, [second]);
    await expectNothing(ctx);
    if (backend.tracking) await expectTracked(ctx, "m", { a: "delivered", b: "delivered" });
  },
};

export const outageCases: readonly ConformanceCase[] = [
  ...casesOf<RegistryBackend>("registry", registryOperations),
  askedAgain,
  ...casesOf<MessagingBackend>("messaging", messagingOperations),
  ...casesOf<DurabilityBackend>("durability", durabilityOperations),
  repeated,
  ...casesOf<OutboxBackend>("outbox", servedOutboxOperations),
];
