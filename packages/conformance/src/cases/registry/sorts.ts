/** Sorted enumerations that a registry gives itself: the order, and pages of it. */

import assert from "node:assert/strict";
import {
  comparePositions,
  positionOf,
  type Registration,
  type RegistryBackend,
  type SortCriterion,
  type SortFacet,
  type SortQuery,
} from "@muster/core/slots";
import { compileFilter, type JsonValue, type Metadata, where } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  entry,
  identitiesOf,
  LONG_MS,
  numbered,
  startSession,
  storeAll,
  storeExpired,
  storeOne,
  storeTime,
  untilStoreTime,
} from "../support.ts";

/** One of each kind, and of each kind those that stores have been seen to take for one another. */
const ODD_VALUES: readonly (JsonValue | undefined)[] = [
  ...[undefined, null, false, true],
  ...[-Number.MAX_VALUE, -1e21, -10, -9, -0.1, 0, 5e-324, 0.1, 0.3, 0.1 + 0.2, 1, 2, 10, 2 ** 53, 2 ** 53 + 2, 1e126],
  ...["", " ", "\u0001", "-1", "10", "2", "A", "B", "a", "ab", "b", "e\u0301", "z", "\u00e9", "\ufb01", "\uffff"],
  ...["\u{1f600}", "null", "true", "'", '"', "\\", "%", "\u{10ffff}"],
  ...[[], {}, [1], { a: 1 }, [[]], ["a"]],
];

const FIELD = { path: ["v"] } as const;
const NESTED = { path: ["o", "it's \\ a.b"] } as const;
const UP = { isDescending: false } as const;
const DOWN = { isDescending: true } as const;

const ORDERS: readonly (readonly SortCriterion[])[] = [
  [{ ...FIELD, ...UP }],
  [{ ...FIELD, ...DOWN }],
  [{ ...NESTED, ...DOWN }],
  [
    { ...NESTED, ...UP },
    { ...FIELD, ...DOWN },
  ],
  [
    { path: ["group"], ...DOWN },
    { ...FIELD, ...UP },
    { about: "identity", ...DOWN },
  ],
  [{ about: "identity", ...DOWN }],
  [
    { about: "registeredAt", ...DOWN },
    { ...FIELD, ...UP },
  ],
  [{ about: "registeredAt", ...UP }],
];

const ALL = 10_000;

function sorts({ sorts }: RegistryBackend): boolean {
  return sorts !== undefined;
}

function sortsOf({ sorts }: RegistryBackend): SortFacet {
  assert.ok(sorts, "the facet that was there when the run was planned");
  return sorts;
}

/** Each value in several places, in no order, and nobody's twin: some share all values, and differ by name. */
async function populate(ctx: RegistryContext): Promise<readonly Registration[]> {
  const count = ODD_VALUES.length;
  const metadataOf = (index: number): Metadata => {
    const [value, other] = [ODD_VALUES[index % count], ODD_VALUES[(index * 7) % count]];
    return {
      group: index % 3,
      ...(value === undefined ? {} : { v: value }),
      ...(other === undefined ? {} : { o: { "it's \\ a.b": other } }),
    };
  };
  const entries = numbered("one", 2 * count).map((identity, index) =>
    entry(identity, { metadata: metadataOf((index * 13) % (2 * count)) }),
  );
  const half = entries.length / 2;
  const stored = [...(await storeAll(ctx, entries.slice(half))), ...(await storeAll(ctx, entries.slice(0, half)))];
  if (ctx.backend.traits.staleMs > 0) await untilStoreTime(ctx, await storeTime(ctx));
  return stored;
}

/** By the words of the contract. */
function sorted(all: readonly Registration[], by: readonly SortCriterion[]): readonly Registration[] {
  return all.toSorted((a, b) => comparePositions(by, positionOf(a, by), positionOf(b, by)));
}

/** Whoever comes on all pages of that size, each of which begins where the last one ended. */
async function paged(
  ctx: RegistryContext,
  query: Omit<SortQuery, "behind">,
  between: (page: readonly Registration[]) => Promise<void> = async () => {},
): Promise<readonly Registration[]> {
  const all: Registration[] = [];
  for (let last: Registration | undefined; ; ) {
    const behind = last && { behind: positionOf(last, query.by) };
    const page = await sortsOf(ctx.backend).first({ ...query, ...behind }, ctx.call);
    assert.ok(page.length <= query.limit, `${page.length} of ${query.limit}`);
    all.push(...page);
    if (page.length < query.limit) return all;
    last = page.at(-1);
    await between(page);
  }
}

export const sortCases: readonly RegistryCase[] = [
  {
    id: "registry/sorts/odd-values",
    rule: "A native order is the one that is promised: by type, numbers as numbers, strings by code points, the absent last, ties by identity.",
    slot: "registry",
    applies: sorts,
    async run(ctx) {
      const all = await populate(ctx);
      for (const by of ORDERS) {
        const first = await sortsOf(ctx.backend).first({ by, limit: ALL }, ctx.call);
        assert.deepEqual(first, sorted(all, by), `by ${JSON.stringify(by)}`);
      }
    },
  },
  {
    id: "registry/sorts/pages",
    rule: "Pages of a native order, each from behind the last one's last place, give everyone once, in that order.",
    slot: "registry",
    applies: sorts,
    async run(ctx) {
      const all = await populate(ctx);
      for (const by of ORDERS) {
        const found = await paged(ctx, { by, limit: 7 });
        assert.deepEqual(identitiesOf(found), identitiesOf(sorted(all, by)), `by ${JSON.stringify(by)}`);
      }
    },
  },
  {
    id: "registry/sorts/goes-on-from-a-place",
    rule: "A page begins behind a place, whoever stands there by now: whoever stays as it is comes once, whatever comes and goes.",
    slot: "registry",
    applies: ({ sorts, traits }) => sorts !== undefined && traits.consistency === "linearizable",
    async run(ctx) {
      const metadata = (v: number): Metadata => ({ v });
      const all = await storeAll(
        ctx,
        numbered("one", 20).map((identity, index) => entry(identity, { metadata: metadata(index % 4) })),
      );
      const by = [{ ...FIELD, ...DOWN }];
      const gone = new Set<string>();
      let round = 0;
      const found = await paged(ctx, { by, limit: 3 }, async (page) => {
        round += 1;
        const last = page.at(-1);
        assert.ok(last);
        await ctx.backend.deleteMany([{ identity: last.identity, epoch: last.epoch }], ctx.call);
        gone.add(last.identity);
        await storeAll(
          ctx,
          [-1, 4, 5].map((v) => entry(`new-${round}-${v}`, { metadata: metadata(v) })),
        );
      });
      const stayed = identitiesOf(found).filter((identity) => identity.startsWith("one"));
      assert.deepEqual(stayed, identitiesOf(sorted(all, by)));
      assert.equal(gone.size, round, "who went away between two pages");
    },
  },
  {
    id: "registry/sorts/only-the-selected",
    rule: "A native order is of those who live and are selected, and of no sessions.",
    slot: "registry",
    applies: ({ sorts, filters }) => sorts !== undefined && filters !== undefined,
    async run(ctx) {
      const all = await populate(ctx);
      await startSession(ctx, "s", LONG_MS);
      await storeExpired(ctx, entry("expired", { metadata: { group: 1 } }));
      const served = await storeOne(ctx, entry("served", { metadata: { group: 1 }, session: "s", ttlMs: LONG_MS }));
      const filter = where("group").eq(1);
      const { native, residual } = ctx.backend.filters?.split(filter) ?? {};
      const test = compileFilter(filter);
      for (const by of ORDERS) {
        const everyone = await sortsOf(ctx.backend).first({ by, limit: ALL }, ctx.call);
        assert.deepEqual(identitiesOf(everyone), identitiesOf(sorted([...all, served], by)), "everyone");
        if (native === undefined || residual !== undefined) continue;
        const selected = [...all, served].filter((one) =>
          test(one.metadata, { identity: one.identity, registeredAt: one.registeredAt, attached: false }),
        );
        const some = await sortsOf(ctx.backend).first({ by, limit: ALL, filter: native }, ctx.call);
        assert.deepEqual(identitiesOf(some), identitiesOf(sorted(selected, by)), "the selected");
      }
    },
  },
];
