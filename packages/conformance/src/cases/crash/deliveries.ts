/** A process that dies while it enqueues, works on what it has leased, or writes down what it does. */

import assert from "node:assert/strict";
import type { DurabilityBackend, Leased } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import {
  begin,
  deadLettersOf,
  expectTracked,
  freshKey,
  hasDeadLetters,
  hasTracking,
  hasTransactions,
  lettersOf,
  probeOf,
  start,
  trackingOf,
} from "../durability/facets.ts";
import { bury } from "../durability/letters.ts";
import {
  attach,
  dequeue,
  drain,
  enqueue,
  expectHanded,
  expectNothing,
  type Handed,
  handedIn,
  longLease,
  longTtl,
  message,
  pair,
  pairsOf,
  shortLease,
  takeOne,
} from "../durability/support.ts";
import { enqueueOnce, handle } from "../durability/transactions.ts";
import { numbered } from "../support.ts";
import { canDie, type Doomed, doomedDurabilities } from "./support.ts";

const BATCH = 6;

function crashCase(
  name: string,
  rule: string,
  run: DurabilityCase["run"],
  has: (backend: DurabilityBackend) => boolean = () => true,
): DurabilityCase {
  const applies: DurabilityCase["applies"] = (backend, subject) =>
    canDie("durability")(backend, subject) && has(backend);
  return { id: `durability/crash/${name}`, rule, slot: "durability", applies, run };
}

/** Another session, message and identities for each death. */
function namesOf({ index, turn }: Doomed<DurabilityBackend>): {
  readonly session: string;
  readonly identities: readonly string[];
} {
  return { session: `session-${index}-at-${turn}`, identities: numbered(`victim-${index}-at-${turn}`, BATCH) };
}

/** One more for what the dead had been handed; and for what it may have been handed, one more at most. */
function expectAttempts(
  { backend }: DurabilityContext,
  handed: readonly Handed[],
  before: readonly Handed[] | undefined,
): void {
  const isExact = backend.traits.attempts === "exact";
  for (const { identity, attempt } of handed) {
    assert.ok(attempt >= 1 && attempt <= (isExact ? 2 : 3), `attempt ${attempt} for ${identity}`);
    const hadIt = before?.some((one) => one.identity === identity);
    if (isExact && hadIt !== undefined) assert.equal(attempt, hadIt ? 2 : 1, `attempt for ${identity}`);
  }
}

export const crashedDeliveryCases: readonly DurabilityCase[] = [
  crashCase(
    "enqueued-whole-or-not-at-all",
    "When a process dies while it enqueues, each delivery is wholly there or not at all, and enqueueing again completes it.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session, identities } = namesOf(doomed);
        const targets = identities.map((identity) => ({ identity, epoch: 1, session }));
        await attach(ctx, identities, { session });
        const told = await doomed.dieDuring(async () =>
          doomed.client.enqueueMany(message(session), targets, { ttlMs: longTtl(ctx) }, ctx.call),
        );
        const all = identities.map((identity) => pair(session, identity));
        if (told?.answer.length === 0) await expectHanded(ctx, all, { session });
        else {
          const come = [...(await drain(ctx, { session }))];
          assert.ok(
            come.every(({ text }) => text === `text of ${session}`),
            "nothing is torn",
          );
          await enqueue(ctx, message(session), identities);
          come.push(...(await drain(ctx, { session })));
          await ctx.eventually(async () => {
            come.push(...(await drain(ctx, { session })));
            assert.deepEqual(pairsOf(come).toSorted(), all, "each once");
          });
        }
        await expectNothing(ctx, { session });
      }
    },
    ({ traits }) => traits.dedupWindowMs >= 30_000 && traits.maxBatch >= BATCH,
  ),
  crashCase(
    "leases-of-the-dead-end",
    "What a dead process had leased is handed out again when its leases are over, nothing of it is lost, and its attempts count where the store says that they do.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session, identities } = namesOf(doomed);
        await attach(ctx, identities, { session });
        await enqueue(ctx, message(session), identities);
        const options = { max: BATCH, maxPerIdentity: BATCH, waitMs: 0, leaseMs: shortLease(ctx) };
        const told = await doomed.dieDuring(async () => doomed.client.dequeue(session, options, ctx.call));
        const handed = await expectHanded(
          ctx,
          identities.map((identity) => pair(session, identity)),
          { session },
        );
        expectAttempts(ctx, handed, told && handedIn(told.answer));
      }
    },
    ({ traits }) => traits.lease === "message" && traits.maxBatch >= BATCH,
  ),
  crashCase(
    "next-life-has-what-the-dead-held",
    "When a process has died, whoever attaches the next epoch is handed at once all that it held, however long its leases.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session, identities } = namesOf(doomed);
        await enqueue(ctx, message(session), identities);
        const targets = identities.map((identity) => ({ identity, epoch: 1, session: "of the dead" }));
        const options = { max: BATCH, maxPerIdentity: BATCH, waitMs: 0, leaseMs: longLease(ctx) };
        const attaching = async (): Promise<unknown> => doomed.client.attachMany("of the dead", targets, ctx.call);
        let told: { readonly answer: readonly Leased[] } | undefined;
        if (doomed.index % 2 === 0) await doomed.dieDuring(attaching);
        else {
          await attaching();
          told = await doomed.dieDuring(async () => doomed.client.dequeue("of the dead", options, ctx.call));
        }
        await attach(ctx, identities, { session, epoch: 2 });
        const handed = await expectHanded(
          ctx,
          identities.map((identity) => pair(session, identity)),
          { session },
        );
        assert.ok(
          handed.every(({ epoch }) => epoch === 2),
          "the next life's",
        );
        expectAttempts(ctx, handed, told && handedIn(told.answer));
      }
    },
    ({ traits }) => traits.maxBatch >= BATCH,
  ),
  crashCase(
    "acknowledged-or-handed-out-again",
    "When a process dies while it acknowledges, each delivery has ended or is handed to the next life, and what it was told stands.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session, identities } = namesOf(doomed);
        if (ctx.backend.tracking) await begin(ctx, message(session));
        await attach(ctx, identities, { session });
        await enqueue(ctx, message(session), identities);
        const options = { max: BATCH, maxPerIdentity: BATCH, waitMs: 0, leaseMs: longLease(ctx) };
        const held = handedIn(await doomed.client.dequeue(session, options, ctx.call));
        const told = await doomed.dieDuring(async () =>
          doomed.client.settleMany(
            held.map(({ receipt }) => ({ receipt, as: "ack" })),
            ctx.call,
          ),
        );
        await attach(ctx, identities, { session, epoch: 2 });
        const again = pairsOf(await drain(ctx, { session }));
        assert.equal(new Set(again).size, again.length, "nothing twice");
        if (told)
          assert.deepEqual(
            again.filter((one) => pairsOf(held).includes(one)),
            [],
            "what was told has ended",
          );
        const delivered = Object.fromEntries(identities.map((identity) => [identity, "delivered"] as const));
        if (ctx.backend.tracking) await expectTracked(ctx, session, delivered);
      }
    },
    ({ traits }) => traits.maxBatch >= BATCH,
  ),
  crashCase(
    "handled-once-or-handed-out-again",
    "When a process dies while it handles within a transaction, its writes stand and the delivery has ended, or neither.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session } = namesOf(doomed);
        const key = freshKey();
        await attach(ctx, [session], { session });
        await enqueueOnce(ctx, session, [session]);
        const one = await takeOne(ctx, { session, at: doomed.client });
        const told = await doomed.dieDuring(async () => handle(ctx, one, key, doomed.client));
        await attach(ctx, [session], { session, epoch: 2 });
        const again = await ctx.eventually(async () => {
          const [one] = await dequeue(ctx, { session });
          assert.ok(one !== undefined || (await probeOf(ctx).read(key)) > 0, "it has ended, or is handed out again");
          return one;
        });
        if (told) assert.equal(again, undefined, "what was told has ended");
        if (again) {
          assert.equal(await probeOf(ctx).read(key), 0, "it is handed out again, so nothing stands");
          assert.equal(await handle(ctx, again, key), "handled");
        }
        assert.equal(await probeOf(ctx).read(key), 1, "writes that stand");
      }
    },
    hasTransactions,
  ),
  crashCase(
    "begun-or-not-at-all",
    "When a process dies while it begins a multicast, whoever begins it next has begun it or is given all of what was recorded.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session } = namesOf(doomed);
        const given = start(message(session), { idempotencyKey: session });
        const told = await doomed.dieDuring(async () => trackingOf(doomed.client).begin(given, ctx.call));
        const { begun, record } = await trackingOf(ctx.backend).begin(given, ctx.call);
        if (told) assert.deepEqual({ begun, record }, { begun: false, record: told.answer.record });
        const { state, startedAt: _, message: stored, ...rest } = record;
        const { message: __, ...expected } = given;
        assert.deepEqual({ state, ...rest }, { state: "open", ...expected });
        assert.deepEqual(new TextDecoder().decode(stored.payload), `text of ${session}`);
      }
    },
    hasTracking,
  ),
  crashCase(
    "redriven-or-dead",
    "When a process dies while it redrives, each delivery is queued or a dead letter, and never both.",
    async (ctx) => {
      for await (const doomed of doomedDurabilities(ctx)) {
        const { session, identities } = namesOf(doomed);
        const redriven = new Set<string>();
        await bury(ctx, session, identities, session);
        const keys = identities.map((identity) => ({ messageId: session, identity }));
        const told = await doomed.dieDuring(async () =>
          deadLettersOf(doomed.client).redriveMany(keys, { ttlMs: longTtl(ctx) }, ctx.call),
        );
        await ctx.eventually(async () => {
          const dead = (await lettersOf(ctx)).filter(({ messageId }) => messageId === session);
          const queued = await drain(ctx, { session });
          for (const { identity } of queued) redriven.add(identity);
          assert.equal(dead.length + redriven.size, BATCH, "each is in one place");
          assert.ok(!dead.some(({ identity }) => redriven.has(identity)), "nothing is in both");
        });
        if (told) assert.equal(redriven.size, BATCH, "what it was told has been redriven");
      }
    },
    (backend) => hasDeadLetters(backend) && backend.traits.maxBatch >= BATCH,
  ),
];
