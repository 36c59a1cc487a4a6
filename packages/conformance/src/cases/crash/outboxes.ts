/** A process that dies while it records, commits, or hands over what others have recorded. */

import assert from "node:assert/strict";
import type { OutboxBackend } from "@muster/core/slots";
import type { OutboxCase } from "../../case.ts";
import { freshKey } from "../durability/facets.ts";
import { pair } from "../durability/support.ts";
import {
  deliveriesOf,
  expectWaiting,
  outboxProbeOf,
  RELAY,
  record,
  send,
  settle,
  settleAll,
  shortLease,
  take,
  waitingIn,
} from "../outbox/support.ts";
import { numbered } from "../support.ts";
import { canDie, type Doomed, doomedOutboxes } from "./support.ts";

function crashCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/crash/${name}`, rule, slot: "outbox", applies: canDie("outbox"), run };
}

/** Another multicast, key and recipients for each death. */
function namesOf({ index, turn }: Doomed<OutboxBackend>): {
  readonly id: string;
  readonly identities: readonly string[];
} {
  return { id: `m-${index}-at-${turn}`, identities: numbered(`victim-${index}-at-${turn}`, 6) };
}

export const crashedOutboxCases: readonly OutboxCase[] = [
  crashCase(
    "committed-whole-or-not-at-all",
    "When a process dies while it records and commits, what it has written and all of its multicast stand, or nothing does; what it was told to have committed stands.",
    async (ctx) => {
      for await (const doomed of doomedOutboxes(ctx)) {
        const [{ id, identities }, key, own] = [namesOf(doomed), freshKey(), await doomed.begin()];
        const told = await doomed.dieDuring(async () => {
          await own.write(key);
          await record(ctx, own, id, identities, { at: doomed.client });
          await own.commit();
        });
        await ctx.eventually(async () => {
          // What has not ended yet, ends before whoever asks for the same key is answered.
          await send(ctx, `after ${id}`, [], { idempotencyKey: `after ${id}` });
          const [written, { targets }] = [await outboxProbeOf(ctx).read(key), await ctx.backend.counts(id, ctx.call)];
          assert.equal(targets, written * identities.length, `targets beside ${written} writes`);
          if (told) assert.equal(written, 1, "it was told");
        });
        const stands = (await ctx.backend.find(id, ctx.call)) !== undefined;
        await expectWaiting(ctx, stands ? identities.map((identity) => pair(id, identity)) : []);
        await settleAll(ctx);
      }
    },
  ),
  crashCase(
    "its-key-comes-free",
    "When a process dies in a transaction its key is for whoever has waited for it, unless it had committed.",
    async (ctx) => {
      for await (const doomed of doomedOutboxes(ctx)) {
        const [{ id, identities }, own] = [namesOf(doomed), await doomed.begin()];
        await doomed.dieDuring(async () => {
          await record(ctx, own, id, identities, { at: doomed.client, idempotencyKey: id });
          if (doomed.index % 2 === 1) await own.commit();
        });
        const { isNew, record: standing } = await send(ctx, `${id} again`, ["a"], { idempotencyKey: id });
        assert.equal(standing.message.id, isNew ? `${id} again` : id);
        if (doomed.index % 2 === 0) assert.ok(isNew, "nobody has committed it");
        await settleAll(ctx);
      }
    },
  ),
  crashCase(
    "what-it-took-is-taken-again",
    "When a relay dies everything that it has not settled comes to the next one, and what it was told to have settled does not.",
    async (ctx) => {
      for await (const doomed of doomedOutboxes(ctx)) {
        const { id, identities } = namesOf(doomed);
        const leaseMs = shortLease(ctx) * 5;
        await send(ctx, id, identities);
        const settled: string[] = [];
        await doomed.dieDuring(async () => {
          for (const taken of await take(ctx, { relay: "doomed", at: doomed.client, leaseMs })) {
            await settle(ctx, taken, { as: "delivered" }, doomed.client);
            settled.push(...waitingIn([taken]));
          }
        });
        const all = identities.map((identity) => pair(id, identity));
        const delivered = new Set<string>();
        await ctx.eventually(async () => {
          const waiting = waitingIn(await take(ctx, { relay: RELAY }));
          for (const { identity, status } of await deliveriesOf(ctx, id))
            if (status === "delivered") delivered.add(pair(id, identity));
          assert.deepEqual([...waiting, ...delivered].toSorted(), all.toSorted(), "waiting or delivered");
        });
        for (const one of settled) assert.ok(delivered.has(one), `${one} was settled`);
        await settleAll(ctx);
      }
    },
  ),
];
