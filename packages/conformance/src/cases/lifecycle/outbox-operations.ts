/** Every operation of an outbox, as the lifecycle cases call it. */

import { isMusterError, type Call, type OutboxBackend } from "@muster/core/slots";
import { hasBells } from "../outbox/bells.ts";
import {
  begin,
  deliveriesOf,
  lease,
  pagesOf,
  parcelFor,
  RELAY,
  send,
  settlementOf,
  startOf,
  take,
  targetsOf,
} from "../outbox/support.ts";
import { collect } from "../support.ts";
import type { Operation, Staged } from "./operations.ts";

type OutboxOperation = Operation<OutboxBackend>;

let staged = 0;

/** Another name each time: of a message and its only recipient. */
function another(): string {
  staged += 1;
  return `staged-${staged}`;
}

function looking(name: string, run: (target: OutboxBackend, call: Call) => Promise<unknown>): OutboxOperation {
  return { name, stage: async (_, target) => ({ run: async (call) => run(target, call) }) };
}

const recording: OutboxOperation = {
  name: "record",
  async stage(ctx, target): Promise<Staged> {
    const [name, own] = [another(), await begin(ctx)];
    return {
      run: async (call) => target.record(own.transaction, startOf(ctx, name), pagesOf(targetsOf([name])), call),
      async effects(): Promise<number> {
        await own.commit();
        return (await ctx.backend.counts(name, ctx.call)).targets;
      },
    };
  },
};

const listening: OutboxOperation = {
  name: "listen",
  has: hasBells,
  mayBeLocal: true,
  stage: async (_, target) => ({ run: async (call) => target.bells?.listen(() => {}, call) }),
};

/** What an outbox does on connections of its own; see {@link outboxOperations}. */
export const servedOutboxOperations: readonly OutboxOperation[] = [
  looking("leaseShards", async (target, call) =>
    target.leaseShards(RELAY, { leaseMs: target.traits.maxLeaseMs }, call),
  ),
  {
    name: "take",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await send(ctx, name, [name]);
      const { lease: own } = parcelFor(await take(ctx), name, name);
      return { run: async (call) => target.take(own, { maxTargets: 10 }, call) };
    },
  },
  {
    name: "settleMany",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await send(ctx, name, [name]);
      const taken = parcelFor(await take(ctx), name, name);
      return {
        run: async (call) => target.settleMany(taken.lease, [settlementOf(taken)], call),
        effects: async () => 1 - (await deliveriesOf(ctx, name)).length,
      };
    },
  },
  looking("backlog", async (target, call) => target.backlog(call)),
  looking("find", async (target, call) => target.find("a", call)),
  looking("counts", async (target, call) => target.counts("a", call)),
  looking("deliveries", async (target, call) => collect(target.deliveries("a", { pageSize: 1 }, call))),
  { ...looking("sweep", async (target, call) => target.sweep({ limit: 10 }, call)), mayBeLocal: true },
  // Behind the others, whose leases it ends while they run.
  {
    name: "releaseShards",
    async stage(ctx, target): Promise<Staged> {
      const [held] = await lease(ctx);
      return {
        run: async (call) => target.releaseShards(RELAY, call),
        async effects(): Promise<number> {
          try {
            await ctx.backend.take(held ?? { shard: 0, lease: "" }, { maxTargets: 1 }, ctx.call);
            return 0;
          } catch (error) {
            if (isMusterError(error, "FENCED")) return 1;
            throw error;
          }
        },
      };
    },
  },
];

/**
 * All of them. What befalls the server ends the transaction, which is not the outbox's own, together with what `record` does
 * in it; and where bells are listened to is no request that is answered.
 */
export const outboxOperations: readonly OutboxOperation[] = [recording, ...servedOutboxOperations, listening];
