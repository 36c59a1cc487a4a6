/** A process that dies while it records, commits, or hands over what others have recorded. */

import assert from "node:assert/strict";
import type { OutboxBackend, ShardLease } from "@muster/core/slots";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import type { OwnTransaction } from "../../subject.ts";
import { freshKey } from "../durability/facets.ts";
import { pair } from "../durability/support.ts";
import {
  deliveriesOf,
  lease,
  outboxProbeOf,
  RELAY,
  record,
  send,
  settle,
  settleAll,
  shortLease,
  take,
  takeFrom,
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

/** A transaction of the doomed process in which all is done but the commit. */
interface Prepared {
  readonly name: string;
  readonly key: string;
  readonly own: OwnTransaction;
}

async function prepare(
  ctx: OutboxContext,
  { client: at, begin }: Doomed<OutboxBackend>,
  name: string,
  identities: readonly string[],
): Promise<Prepared> {
  const [own, key] = [await begin(), freshKey()];
  await own.write(key);
  await record(ctx, own, name, identities, { at, idempotencyKey: name });
  return { name, key, own };
}

export const crashedOutboxCases: readonly OutboxCase[] = [
  crashCase(
    "committed-whole-or-not-at-all",
    "When a process dies while it commits, what it has written and all of its multicast stand, or nothing does; what it was told to have committed stands.",
    async (ctx) => {
      for await (const doomed of doomedOutboxes(ctx)) {
        const { id, identities } = namesOf(doomed);
        const prepared: Prepared[] = [];
        for (const name of numbered(id, 5)) prepared.push(await prepare(ctx, doomed, name, identities));
        const told = new Set<string>();
        await doomed.dieDuring(async () => {
          for (const { own, name } of prepared) {
            await own.commit();
            told.add(name);
          }
        });
        for (const { key, name } of prepared) {
          // Whoever comes second under the key is answered when the first has ended.
          const { isNew } = await send(ctx, `${name} again`, [], { idempotencyKey: name });
          const { targets } = await ctx.backend.counts(name, ctx.call);
          assert.equal(targets, isNew ? 0 : identities.length, `targets of ${name}`);
          assert.equal(await outboxProbeOf(ctx).read(key), isNew ? 0 : 1, `writes beside ${targets} targets`);
          if (told.has(name)) assert.equal(isNew, false, "it was told");
        }
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
          if (doomed.index % 2 === 0) await own.commit();
        });
        const { isNew, record: standing } = await send(ctx, `${id} again`, ["a"], { idempotencyKey: id });
        assert.equal(standing.message.id, isNew ? `${id} again` : id);
        if (doomed.index % 2 === 1) assert.ok(isNew, "nobody has committed it");
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
        await ctx.backend.releaseShards(RELAY, ctx.call);
        await send(ctx, id, identities);
        const settled: string[] = [];
        const leases = await lease(ctx, { relay: "doomed", at: doomed.client, leaseMs });
        const serve = async (one: ShardLease): Promise<void> => {
          for (const taken of await takeFrom(ctx, [one], doomed.client)) {
            await settle(ctx, taken, { as: "delivered" }, doomed.client);
            settled.push(...waitingIn([taken]));
          }
        };
        await doomed.dieDuring(async () => Promise.all(leases.map(serve)));
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
