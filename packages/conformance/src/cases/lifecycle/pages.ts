/** A scan that is under way when its client is closed, or its call given up. */

import assert from "node:assert/strict";
import type { RegistryBackend, Route } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { entry, numbered, settled, storeAll } from "../support.ts";
import { expectRejected, outcomeOf, within } from "./outcome.ts";

type Scan = "scan" | "scanRoutes";
const SCANS: readonly Scan[] = ["scan", "scanRoutes"];

interface UnderWay {
  readonly registry: RegistryBackend;
  readonly pages: AsyncIterator<readonly Route[]>;
  readonly caller: AbortController;
}

/** One page of several has been read. */
async function underWay(ctx: RegistryContext, scan: Scan): Promise<UnderWay> {
  const registry = await ctx.peer();
  const caller = new AbortController();
  const pages = registry[scan]({ pageSize: 1 }, { signal: caller.signal })[Symbol.asyncIterator]();
  const first = await pages.next();
  assert.ok(first.done !== true, "there is a first page");
  return { registry, pages, caller };
}

async function storeSome(ctx: RegistryContext): Promise<void> {
  const entries = numbered("one", 5).map((identity) => entry(identity));
  await storeAll(ctx, entries);
  await settled(ctx, async () => assert.equal((await ctx.backend.census(ctx.call)).counted, entries.length));
}

export const pageCases: readonly RegistryCase[] = [
  {
    id: "registry/lifecycle/pages-end-at-close",
    rule: "A scan whose client is closed between two pages ends, or throws CLOSED, and gives no more pages.",
    slot: "registry",
    async run(ctx) {
      await storeSome(ctx);
      for (const scan of SCANS) {
        const { registry, pages } = await underWay(ctx, scan);
        await within(ctx.subject.patienceMs, "close", registry.close());
        const next = pages.next();
        const error = await outcomeOf(ctx, scan, next);
        if (error) assert.equal(error.code, "CLOSED", error.message);
        else assert.equal((await next).done, true, "there is no further page");
        assert.equal((await within(ctx.subject.patienceMs, scan, pages.next())).done, true);
      }
    },
  },
  {
    id: "registry/lifecycle/pages-end-when-given-up",
    rule: "A scan whose call is given up between two pages throws ABORTED instead of the next.",
    slot: "registry",
    async run(ctx) {
      await storeSome(ctx);
      for (const scan of SCANS) {
        const { pages, caller } = await underWay(ctx, scan);
        caller.abort();
        await expectRejected(ctx, scan, pages.next(), "ABORTED");
        assert.equal((await within(ctx.subject.patienceMs, scan, pages.next())).done, true);
      }
    },
  },
  {
    id: "registry/lifecycle/pages-left-behind",
    rule: "A scan that is left after a page ends at once, and neither its client's other calls nor close wait for it.",
    slot: "registry",
    async run(ctx) {
      await storeSome(ctx);
      for (const scan of SCANS) {
        const { registry, pages } = await underWay(ctx, scan);
        const abandoned = await underWay(ctx, scan);
        await within(ctx.subject.patienceMs, "the end of the iteration", Promise.resolve(pages.return?.()));
        assert.equal((await within(ctx.subject.patienceMs, scan, pages.next())).done, true);
        await registry.census(ctx.call);
        for (const one of [registry, abandoned.registry]) await within(ctx.subject.patienceMs, "close", one.close());
      }
    },
  },
];
