/** Pages of registrations and of routes: in order, everyone once, nobody twice. Each rule holds for both. */

import assert from "node:assert/strict";
import { isMusterError, type RegistryBackend, type Route, type ScanQuery } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { deleteOne, entry, identitiesOf, numbered, settled, startSession, storeAll, storeOne } from "../support.ts";

type Pages = (ctx: RegistryContext, query: ScanQuery, registry?: RegistryBackend) => AsyncIterable<readonly Route[]>;

interface Rule {
  readonly name: string;
  readonly rule: string;
  run(ctx: RegistryContext, pages: Pages): Promise<void>;
}

/** Of one UTF-8 byte, two, three and four; UTF-16 code units sort some of them otherwise. */
const IN_ORDER = ["!", "A", "Z", "a", "a-b", "a.b", "aa", "b", "\u00e9", "\u07ff", "\ufb01", "\uffee", "\u{1f600}"];

async function expectPages(
  ctx: RegistryContext,
  pages: Pages,
  query: ScanQuery,
  expected: readonly string[],
): Promise<void> {
  await settled(ctx, async () => {
    const all: string[] = [];
    for await (const page of pages(ctx, query)) {
      assert.ok(page.length <= query.pageSize, `${page.length} on a page of at most ${query.pageSize}`);
      all.push(...identitiesOf(page));
    }
    assert.deepEqual(all, expected);
  });
}

async function store(ctx: RegistryContext, identities: readonly string[]): Promise<void> {
  await storeAll(
    ctx,
    identities.map((identity) => entry(identity)),
  );
}

const rules: readonly Rule[] = [
  {
    name: "in-the-order-of-bytes",
    rule: "Pages are in the order of the UTF-8 bytes of identities, in which U+FB01 comes before U+1F600.",
    async run(ctx, pages) {
      await store(ctx, IN_ORDER.toReversed());
      await expectPages(ctx, pages, { pageSize: 100 }, IN_ORDER);
      await expectPages(ctx, pages, { pageSize: 2 }, IN_ORDER);
    },
  },
  {
    name: "whatever-the-page-size",
    rule: "Everyone is on exactly one page, wherever pages end, and no page is larger than asked.",
    async run(ctx, pages) {
      const identities = numbered("a", 12);
      await store(ctx, identities);
      for (const pageSize of [1, 2, 3, 5, 6, 11, 12, 13, 1_000])
        await expectPages(ctx, pages, { pageSize }, identities);
    },
  },
  {
    name: "of-nobody",
    rule: "A scan of an empty namespace, or behind its last identity, ends without a registration.",
    async run(ctx, pages) {
      await expectPages(ctx, pages, { pageSize: 10 }, []);
      await store(ctx, ["a", "b"]);
      await expectPages(ctx, pages, { pageSize: 10, after: "b" }, []);
      await expectPages(ctx, pages, { pageSize: 10, after: "z" }, []);
    },
  },
  {
    name: "continues-behind",
    rule: "A scan after an identity goes on behind it, without it, on pages of any size.",
    async run(ctx, pages) {
      await store(ctx, IN_ORDER);
      for (const [index, after] of IN_ORDER.entries()) {
        await expectPages(ctx, pages, { pageSize: 100, after }, IN_ORDER.slice(index + 1));
        await expectPages(ctx, pages, { pageSize: 1, after }, IN_ORDER.slice(index + 1));
      }
    },
  },
  {
    name: "continues-behind-the-unknown",
    rule: "The identity to go on behind need not exist, no longer or not ever.",
    async run(ctx, pages) {
      await store(ctx, ["b", "d", "f"]);
      const { epoch } = await storeOne(ctx, entry("c"));
      await deleteOne(ctx, { identity: "c", epoch });
      for (const [after, expected] of [
        ["a", ["b", "d", "f"]],
        ["bb", ["d", "f"]],
        ["c", ["d", "f"]],
        ["e", ["f"]],
      ] as const)
        await expectPages(ctx, pages, { pageSize: 2, after }, expected);
    },
  },
  {
    name: "of-one-session",
    rule: "A scan of what a session serves has that on it, as it is now, and nothing else.",
    async run(ctx, pages) {
      await startSession(ctx, "s");
      const identities = numbered("a", 9);
      const stored = await storeAll(
        ctx,
        identities.map((identity, n) => entry(identity, n % 3 === 2 ? {} : { session: n % 3 === 0 ? "s" : "t" })),
      );
      await expectPages(ctx, pages, { pageSize: 2, session: "s" }, ["a-0", "a-3", "a-6"]);
      await expectPages(ctx, pages, { pageSize: 2, session: "t", after: "a-1" }, ["a-4", "a-7"]);
      await expectPages(ctx, pages, { pageSize: 2, session: "nobody" }, []);
      const [moved, dropped] = [stored[0]?.epoch ?? 0, stored[3]?.epoch ?? 0];
      await storeOne(ctx, entry("a-0", { session: "t", mode: { epoch: moved } }));
      await storeOne(ctx, entry("a-3", { mode: { epoch: dropped } }));
      await storeOne(ctx, entry("a-8", { session: "s", mode: "replace" }));
      await expectPages(ctx, pages, { pageSize: 2, session: "s" }, ["a-6", "a-8"]);
      await expectPages(ctx, pages, { pageSize: 1, session: "t" }, ["a-0", "a-1", "a-4", "a-7"]);
    },
  },
  {
    name: "of-many",
    rule: "A scan of 2,500 registrations gives each of them once, in order.",
    async run(ctx, pages) {
      const identities = numbered("many", 2_500);
      await store(ctx, identities);
      await expectPages(ctx, pages, { pageSize: 400 }, identities);
    },
  },
  {
    name: "two-at-once",
    rule: "Scans that run at the same time, through one object, don't disturb one another.",
    async run(ctx, pages) {
      const identities = numbered("a", 10);
      await store(ctx, identities);
      await settled(ctx, async () => {
        const scans = [3, 4, 5].map((pageSize) => ({
          pages: pages(ctx, { pageSize })[Symbol.asyncIterator](),
          seen: new Array<string>(),
        }));
        for (let open = scans; open.length > 0; ) {
          const going: typeof open = [];
          for (const scan of open) {
            const page = await scan.pages.next();
            if (page.done) continue;
            scan.seen.push(...identitiesOf(page.value));
            going.push(scan);
          }
          open = going;
        }
        for (const { seen } of scans) assert.deepEqual(seen, identities);
      });
    },
  },
  {
    name: "left-early",
    rule: "Who stops in the middle of a scan gets nothing more of it and leaves nothing open behind it.",
    async run(ctx, pages) {
      const identities = numbered("a", 6);
      await store(ctx, identities);
      for (let time = 0; time < 60; time++) {
        const iterator = pages(ctx, { pageSize: 1 })[Symbol.asyncIterator]();
        await iterator.next();
        assert.equal((await iterator.return?.())?.done ?? true, true);
        assert.equal((await iterator.next()).done, true, "nothing comes after the end");
      }
      for await (const page of pages(ctx, { pageSize: 2 })) if (page.length > 0) break;
      await expectPages(ctx, pages, { pageSize: 4 }, identities);
    },
  },
  {
    name: "given-up",
    rule: "A scan whose call has been given up rejects with `ABORTED` instead of giving another page.",
    async run(ctx, pages) {
      await store(ctx, numbered("a", 6));
      const controller = new AbortController();
      const call = { signal: controller.signal };
      const iterator = pages({ ...ctx, call }, { pageSize: 1 })[Symbol.asyncIterator]();
      await iterator.next();
      controller.abort();
      const rest = async (): Promise<void> => {
        while (!(await iterator.next()).done);
      };
      await assert.rejects(rest(), (error) => isMusterError(error, "ABORTED"));
    },
  },
];

function casesOf(topic: string, pages: Pages): readonly RegistryCase[] {
  return rules.map(({ name, rule, run }) => ({
    id: `registry/${topic}/${name}`,
    rule,
    slot: "registry",
    run: async (ctx) => run(ctx, pages),
  }));
}

export const scanCases: readonly RegistryCase[] = [
  ...casesOf("scan", (ctx, query, registry = ctx.backend) => registry.scan(query, ctx.call)),
  ...casesOf("routes", (ctx, query, registry = ctx.backend) => registry.scanRoutes(query, ctx.call)),
];
