import type { Route } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { seededRandom } from "@muster/filter/corpus";
import { expect, test } from "vitest";
import { PackedRoutes } from "../../src/store/packed-routes.ts";

function route(identity: string, epoch: number, changes: Partial<Route> = {}): Route {
  const facts = { session: "s", address: "n", registeredAt: 1_700_000_000_000, expiresAt: undefined, ttlMs: 30_000 };
  return { identity, epoch, ...facts, revision: 1, ...changes };
}

/** A random integer below. */
type Below = (count: number) => number;

function allIn(packed: PackedRoutes, page: number): readonly Route[] {
  const all: Route[] = [];
  for (let found = packed.behind(undefined, page); found.length > 0; found = packed.behind(all.at(-1)?.identity, page))
    all.push(...found);
  return all;
}

test("gives what was put in, whatever it says", () => {
  const routes = [
    route("a", 1),
    route("b", 2 ** 53 - 1, { session: undefined, address: undefined, ttlMs: undefined, revision: 7 }),
    route("\ufb01", 3, { expiresAt: 1_700_000_000_001, ttlMs: 0.5 }),
    route("\u{1f600}", 4, { session: "s\u{1f600}", address: "undefined" }),
  ];
  const packed = new PackedRoutes();
  packed.append(routes);
  expect(allIn(packed, 1)).toEqual(routes);
  expect(packed.size).toBe(4);
  expect(packed.behind("b", 1)[0]?.identity).toBe("\ufb01");
  expect(packed.behind("aa", 1)[0]?.identity).toBe("b");
  expect(packed.behind("\u{1f600}", 1)).toEqual([]);
});

test.each([
  ["few addresses", (below: Below) => `n-${below(20)}`],
  ["an address for most", (below: Below) => (below(4) === 0 ? undefined : `own-${below(1_000_000)}`)],
  ["now the one, now the other", (below: Below) => (below(2) === 0 ? "n" : `own-${below(1_000_000)}`)],
])("holds after many changes what a sorted map does, with %s", (_, addressOf) => {
  const random = seededRandom(7);
  const below: Below = (count) => Math.floor(random() * count);
  const expected = new Map<string, Route>();
  const packed = new PackedRoutes();
  for (let round = 0; round < 60; round += 1) {
    const share = random();
    const names = new Set(Array.from({ length: below(700) }, () => `i-${below(3_000)}`));
    const changes = [...names].map((identity) => ({
      identity,
      route: random() < share ? route(identity, round, { address: addressOf(below) }) : undefined,
    }));
    packed.write(changes);
    for (const change of changes) {
      if (change.route === undefined) expected.delete(change.identity);
      else expected.set(change.identity, change.route);
    }
    const sorted = [...expected.values()].toSorted((a, b) => compareStrings(a.identity, b.identity));
    expect(allIn(packed, 1 + below(1_000))).toEqual(sorted);
    expect(packed.size).toBe(sorted.length);
  }
});
