/** Every operation of the registry and of messaging, with arguments that are valid and a way to tell whether it has taken effect. */

import type { Backend, Call, Inbox, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import type { CaseContext, MessagingContext } from "../../case.ts";
import { arrived, listen, message, quiet } from "../messaging/support.ts";
import { collect, entry, getOne, LONG_MS, storeExpired, storeOne } from "../support.ts";

/** An operation about to be called. */
export interface Staged {
  run(call: Call): Promise<unknown>;
  /**
   * How often it has taken effect, as another process sees it; asked once. Effects that are certain but may take their
   * time are waited for. Absent: it has none to be seen.
   */
  effects?(certain: number): Promise<number>;
  /** Lets the target look at the stage. One that does not know it asks first, and has no effect when that goes unanswered. */
  look?(call: Call): Promise<unknown>;
}

export interface Operation<B extends Backend> {
  /** As in the source of errors. */
  readonly name: string;
  /** In cases about it. Default: its name, which no other has then. */
  readonly title?: string;
  /** Default true. */
  has?(backend: B): boolean;
  /** It can be staged only on an open client. */
  readonly needsOpen?: true;
  /** It need not ask the server for anything. */
  readonly mayBeLocal?: true;
  /** It only ends what this process does for itself: it may succeed although nobody answers. */
  readonly mayGoUnanswered?: true;
  /** Staging waits for something to expire. */
  readonly isSlow?: true;
  /** Its effect is a delivery, which gets lost with the replies of a server that pushes both. Default false. */
  isPushed?(backend: B): boolean;
  /** It takes several round trips, and has no effect when one before the last goes unanswered. */
  readonly isStepwise?: true;
  /** Sets the stage through the case's own client, for a call on `target`. */
  stage(ctx: CaseContext<B>, target: B): Promise<Staged>;
}

export function titleOf<B extends Backend>({ name, title = name }: Operation<B>): string {
  return title;
}

const REAPING = { limit: 10, claimMs: LONG_MS, graceMs: LONG_MS };

let staged = 0;

/** Another identity or address each time. */
function another(): string {
  staged += 1;
  return `staged-${staged}`;
}

function looking(
  name: string,
  run: (target: RegistryBackend, call: Call) => Promise<unknown>,
): Operation<RegistryBackend> {
  return { name, stage: async (_, target) => ({ run: async (call) => run(target, call) }) };
}

export const registryOperations: readonly Operation<RegistryBackend>[] = [
  {
    name: "setMany",
    async stage(ctx, target) {
      const one = entry(another());
      return {
        run: async (call) => target.setMany([one], call),
        effects: async () => ((await getOne(ctx, one.identity)) ? 1 : 0),
      };
    },
  },
  looking("getMany", async (target, call) => target.getMany(["a", "b"], call)),
  {
    name: "renewMany",
    async stage(ctx, target) {
      const { identity, epoch } = await storeOne(ctx, entry(another(), { ttlMs: LONG_MS }));
      return {
        run: async (call) => target.renewMany([{ identity, epoch, ttlMs: 2 * LONG_MS }], call),
        effects: async () => ((await getOne(ctx, identity))?.ttlMs === LONG_MS ? 0 : 1),
        look: async (call) => target.getMany([identity], call),
      };
    },
  },
  {
    name: "deleteMany",
    async stage(ctx, target) {
      const { identity, epoch } = await storeOne(ctx, entry(another()));
      return {
        run: async (call) => target.deleteMany([{ identity, epoch }], call),
        effects: async () => ((await getOne(ctx, identity)) ? 0 : 1),
        look: async (call) => target.getMany([identity], call),
      };
    },
  },
  looking("scan", async (target, call) => collect(target.scan({ pageSize: 1 }, call))),
  looking("scanRoutes", async (target, call) => collect(target.scanRoutes({ pageSize: 1 }, call))),
  {
    name: "confirmMany",
    isSlow: true,
    async stage(ctx, target) {
      await storeExpired(ctx, entry(another()));
      const claims = await ctx.backend.reap(REAPING, ctx.call);
      const before = await ctx.backend.census(ctx.call);
      return {
        run: async (call) => target.confirmMany(claims, call),
        effects: async () => before.counted - (await ctx.backend.census(ctx.call)).counted,
        look: async (call) => target.census(call),
      };
    },
  },
  {
    name: "reap",
    isSlow: true,
    async stage(ctx, target) {
      const { identity } = await storeExpired(ctx, entry(another()));
      return {
        run: async (call) => target.reap(REAPING, call),
        async effects(): Promise<number> {
          const claims = await ctx.backend.reap(REAPING, ctx.call);
          return claims.some(({ registration }) => registration.identity === identity) ? 0 : 1;
        },
        look: async (call) => target.census(call),
      };
    },
  },
  looking("census", async (target, call) => target.census(call)),
  {
    ...looking("count", async (target, call) => target.counts?.count(undefined, call)),
    has: ({ counts }) => counts !== undefined,
  },
  {
    ...looking("first", async (target, call) =>
      target.sorts?.first({ by: [{ path: ["v"], isDescending: false }], limit: 10 }, call),
    ),
    has: ({ sorts }) => sorts !== undefined,
  },
];

/** One message to an address of its own. */
function publishing(
  publish: (target: MessagingBackend, address: string, call: Call) => Promise<unknown>,
): Operation<MessagingBackend> {
  return {
    name: "publishMany",
    isPushed: ({ traits }) => traits.delivery === "at-most-once" && !traits.retains,
    async stage(ctx, target) {
      const address = another();
      const listener = await listen(ctx, [address]);
      return {
        run: async (call) => publish(target, address, call),
        async effects(certain): Promise<number> {
          await arrived(ctx, listener, certain);
          await quiet(ctx, listener);
          return listener.deliveries.length;
        },
      };
    },
  };
}

export const messagingOperations: readonly Operation<MessagingBackend>[] = [
  publishing(async (target, address, call) => target.publishMany([message(address)], call)),
  {
    ...publishing(async ({ columns }, address, call) =>
      columns?.publishMany({ addresses: [address], headers: {}, columns: { a: ["1"] }, body: new Uint8Array() }, call),
    ),
    title: "publishMany by column",
    has: ({ columns }) => columns !== undefined,
  },
  {
    name: "openInbox",
    mayBeLocal: true,
    stage: async (_, target) => ({ run: async (call) => target.openInbox({ prefetch: 1 }, call) }),
  },
  onInbox("addMany"),
  onInbox("removeMany"),
];

function onInbox(name: "addMany" | "removeMany"): Operation<MessagingBackend> {
  return {
    name,
    needsOpen: true,
    ...(name === "removeMany" && { mayBeLocal: true, mayGoUnanswered: true }),
    async stage(ctx: MessagingContext, target): Promise<Staged> {
      const inbox: Inbox = await target.openInbox({ prefetch: 1 }, ctx.call);
      const address = another();
      return { run: async (call) => inbox[name]([address], call) };
    },
  };
}
