/** Every operation of a durability backend, as the lifecycle cases call it. */

import type { Call, DurabilityBackend } from "@muster/core/slots";
import type { DurabilityContext } from "../../case.ts";
import {
  begin,
  deadLettersOf,
  freshKey,
  hasDeadLetters,
  hasTracking,
  hasTransactions,
  lettersOf,
  probeOf,
  start,
  trackingOf,
  transactionsOf,
} from "../durability/facets.ts";
import { bury } from "../durability/letters.ts";
import {
  attach,
  drain,
  enqueue,
  type Handed,
  longLease,
  longTtl,
  message,
  refusalOf,
  settle,
  takeOne,
} from "../durability/support.ts";
import { collect } from "../support.ts";
import type { Operation, Staged } from "./operations.ts";

type DurabilityOperation = Operation<DurabilityBackend>;

const GONE = { code: "UNREGISTERED", reason: "gone" } as const;

let staged = 0;

/** Another name each time: of an identity, its session and its message. */
function another(): string {
  staged += 1;
  return `staged-${staged}`;
}

function looking(
  name: string,
  run: (target: DurabilityBackend, call: Call) => Promise<unknown>,
  has?: (backend: DurabilityBackend) => boolean,
): DurabilityOperation {
  return { name, ...(has && { has }), stage: async (_, target) => ({ run: async (call) => run(target, call) }) };
}

/** Nobody sees them where a session is served, and settled for, by another client than the case's own. */
function seenThrough({ backend }: DurabilityContext, effects: NonNullable<Staged["effects"]>): Pick<Staged, "effects"> {
  return backend.traits.lease === "session" ? {} : { effects };
}

/** One delivery that is leased through the case's own client. */
async function leased(ctx: DurabilityContext): Promise<Handed> {
  const name = another();
  await attach(ctx, [name], { session: name });
  await enqueue(ctx, message(name), [name]);
  return takeOne(ctx, { session: name });
}

export const durabilityOperations: readonly DurabilityOperation[] = [
  {
    name: "enqueueMany",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await attach(ctx, [name], { session: name });
      const targets = [{ identity: name, epoch: 1, session: name }];
      return {
        run: async (call) => target.enqueueMany(message(name), targets, { ttlMs: longTtl(ctx) }, call),
        effects: async () => (await drain(ctx, { session: name })).length,
      };
    },
  },
  {
    name: "attachMany",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await enqueue(ctx, message(name), [name]);
      return {
        run: async (call) => target.attachMany(name, [{ identity: name, epoch: 1, session: name }], call),
        ...seenThrough(ctx, async () => (await drain(ctx, { session: name })).length),
      };
    },
  },
  {
    name: "detachMany",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await attach(ctx, [name], { session: name });
      await enqueue(ctx, message(name), [name]);
      return {
        run: async (call) => target.detachMany(name, [name], call),
        ...seenThrough(ctx, async () => 1 - (await drain(ctx, { session: name })).length),
      };
    },
  },
  {
    name: "dequeue",
    async stage(ctx, target): Promise<Staged> {
      const { identity: name, receipt } = await leased(ctx);
      await settle(ctx, [{ receipt, as: "release" }]); // It is at hand.
      const options = { max: 10, maxPerIdentity: 10, waitMs: 0, leaseMs: longLease(ctx) };
      return {
        run: async (call) => target.dequeue(name, options, call),
        ...seenThrough(ctx, async () => 1 - (await drain(ctx, { session: name })).length),
      };
    },
  },
  {
    name: "settleMany",
    async stage(ctx, target): Promise<Staged> {
      const { receipt } = await leased(ctx);
      return {
        run: async (call) => target.settleMany([{ receipt, as: "ack" }], call),
        ...seenThrough(ctx, async () => ((await refusalOf(ctx, { receipt, as: "release" })) === "FENCED" ? 1 : 0)),
      };
    },
  },
  {
    name: "extendMany",
    async stage(ctx, target): Promise<Staged> {
      const { receipt } = await leased(ctx);
      return { run: async (call) => target.extendMany([receipt], longLease(ctx), call) };
    },
  },
  {
    name: "dropMany",
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await enqueue(ctx, message(name), [name]);
      return {
        run: async (call) => target.dropMany([{ identity: name, epoch: 1 }], GONE, call),
        async effects(): Promise<number> {
          await attach(ctx, [name], { session: name, epoch: 2 });
          return 1 - (await drain(ctx, { session: name })).length;
        },
      };
    },
  },
  { ...looking("sweep", async (target, call) => target.sweep({ limit: 10 }, call)), mayBeLocal: true },
  {
    name: "begin",
    has: hasTracking,
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      return {
        run: async (call) => trackingOf(target).begin(start(message(name)), call),
        effects: async () => ((await trackingOf(ctx.backend).find(name, ctx.call)) ? 1 : 0),
      };
    },
  },
  {
    name: "complete",
    has: hasTracking,
    async stage(ctx, target): Promise<Staged> {
      const name = another();
      await begin(ctx, message(name));
      return {
        run: async (call) => trackingOf(target).complete(name, call),
        effects: async () => ((await trackingOf(ctx.backend).find(name, ctx.call))?.state === "complete" ? 1 : 0),
      };
    },
  },
  looking("find", async (target, call) => trackingOf(target).find("a", call), hasTracking),
  looking("counts", async (target, call) => trackingOf(target).counts("a", call), hasTracking),
  looking(
    "deliveries",
    async (target, call) => collect(trackingOf(target).deliveries("a", { pageSize: 1 }, call)),
    hasTracking,
  ),
  {
    name: "handleOnce",
    has: hasTransactions,
    isStepwise: true,
    async stage(ctx, target): Promise<Staged> {
      const { id, identity, receipt } = await leased(ctx);
      const key = freshKey();
      const work = async (transaction: unknown): Promise<void> => probeOf(ctx).write(transaction, key);
      return {
        run: async (call) => transactionsOf(target).handleOnce({ messageId: id, identity, receipt }, work, call),
        effects: async () => probeOf(ctx).read(key),
      };
    },
  },
  looking("list", async (target, call) => collect(deadLettersOf(target).list({ pageSize: 1 }, call)), hasDeadLetters),
  onLetter("redriveMany", async (target, key, call) =>
    deadLettersOf(target).redriveMany([key], { ttlMs: target.traits.maxTtlMs }, call),
  ),
  onLetter("purgeMany", async (target, key, call) => deadLettersOf(target).purgeMany([key], call)),
];

/** It takes effect when the letter is gone. */
function onLetter(
  name: string,
  run: (
    target: DurabilityBackend,
    key: { readonly messageId: string; readonly identity: string },
    call: Call,
  ) => Promise<unknown>,
): DurabilityOperation {
  return {
    name,
    has: hasDeadLetters,
    async stage(ctx, target): Promise<Staged> {
      const own = another();
      await bury(ctx, own, [own], own);
      const key = { messageId: own, identity: own };
      return {
        run: async (call) => run(target, key, call),
        effects: async () => 1 - (await lettersOf(ctx, { identity: own })).length,
      };
    },
  };
}
