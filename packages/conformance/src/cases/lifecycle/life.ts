/** The life of a client of either slot: opened once, closed once, and nobody else's business. */

import assert from "node:assert/strict";
import type { Backend } from "@muster/core/slots";
import type { CaseContext, ConformanceCase, Slot } from "../../case.ts";
import type { Operation } from "./operations.ts";
import { endedCall } from "../messaging/support.ts";
import { expectRejected, outcomeOf, within } from "./outcome.ts";

/** `probe` is an operation that tells whether a client is open. */
export function lifeCases<B extends Backend>(slot: Slot, probe: Operation<B>): readonly ConformanceCase<B>[] {
  const isOpen = async (ctx: CaseContext<B>, client: B): Promise<void> => {
    const { run } = await probe.stage(ctx, client);
    await run(ctx.call);
  };
  const isClosed = async (ctx: CaseContext<B>, client: B): Promise<void> => {
    const { run } = await probe.stage(ctx, client);
    await expectRejected(ctx, probe.name, run(ctx.call), "CLOSED");
  };
  const closed = async ({ subject }: CaseContext<B>, client: B): Promise<void> =>
    within(subject.patienceMs, "close", client.close());
  const disposed = async (client: B): Promise<void> => client[Symbol.asyncDispose]();
  const lifeCase = (name: string, rule: string, run: ConformanceCase<B>["run"]): ConformanceCase<B> => ({
    id: `${slot}/lifecycle/${name}`,
    rule,
    slot,
    run,
  });
  return [
    lifeCase(
      "opened-once",
      "Opening again, while or after it opens, rejects with CLOSED and changes nothing.",
      async (ctx) => {
        const [client, scope] = [ctx.fresh(), { namespace: ctx.namespace }];
        const opening = client.open(scope, ctx.call);
        await expectRejected(ctx, "open", client.open(scope, ctx.call), "CLOSED");
        await opening;
        await expectRejected(ctx, "open", client.open(scope, ctx.call), "CLOSED");
        await isOpen(ctx, client);
      },
    ),
    lifeCase(
      "never-opened-again",
      "What has been closed is never opened again, whether or not it ever was open.",
      async (ctx) => {
        for (const client of [await ctx.peer(), ctx.fresh()]) {
          await closed(ctx, client);
          await expectRejected(ctx, "open", client.open({ namespace: ctx.namespace }, ctx.call), "CLOSED");
          await isClosed(ctx, client);
        }
      },
    ),
    lifeCase(
      "opening-given-up",
      "Opening with a call that had ended rejects with ABORTED or TIMEOUT and opens nothing.",
      async (ctx) => {
        for (const code of ["ABORTED", "TIMEOUT"] as const) {
          const client = ctx.fresh();
          await expectRejected(ctx, "open", client.open({ namespace: ctx.namespace }, endedCall(code)), code);
          await isClosed(ctx, client);
          await closed(ctx, client);
        }
      },
    ),
    lifeCase(
      "closed-twice",
      "Closing again, at once or later, resolves, and so does closing what was never open.",
      async (ctx) => {
        for (const client of [await ctx.peer(), ctx.fresh()]) {
          const together = Promise.all([client.close(), client.close(), client.close()]);
          await within(ctx.subject.patienceMs, "close, three times", together);
          await closed(ctx, client);
          await isClosed(ctx, client);
        }
      },
    ),
    lifeCase("closed-while-opening", "Closing while it opens ends both, and leaves it closed.", async (ctx) => {
      const client = ctx.fresh();
      const opening = outcomeOf(ctx, "open", client.open({ namespace: ctx.namespace }, ctx.call));
      await closed(ctx, client);
      const error = await opening;
      if (error) assert.equal(error.code, "CLOSED", error.message);
      await isClosed(ctx, client);
    }),
    lifeCase(
      "disposed-of-is-closed",
      "Disposing of it closes it, once more than closing does nothing.",
      async (ctx) => {
        const client = await ctx.peer();
        await within(ctx.subject.patienceMs, "dispose", disposed(client));
        await isClosed(ctx, client);
        await within(ctx.subject.patienceMs, "dispose", disposed(client));
        await closed(ctx, client);
      },
    ),
    lifeCase("closed-alone", "Closing one client leaves every other of the same namespace as it was.", async (ctx) => {
      const [one, other] = [await ctx.peer(), await ctx.peer()];
      await isOpen(ctx, one);
      await closed(ctx, one);
      for (const client of [other, ctx.backend, await ctx.peer()]) await isOpen(ctx, client);
    }),
  ];
}
