import { parseFilter } from "@muster/filter";
import { expect, test } from "vitest";
import { select, selectedRecords, selectedRoutes } from "../../src/query/selection.ts";
import type { Registration, Route } from "../../src/slots/index.ts";
import { interposed } from "../support/interposed.ts";
import { CALL, names, openWorld, storeMany } from "../support/world.ts";

const ROUTE: Route = {
  identity: "ada",
  epoch: 1,
  session: undefined,
  address: undefined,
  registeredAt: 0,
  expiresAt: undefined,
  ttlMs: undefined,
  revision: 1,
};

test("a registry that never waits leaves timers and I/O their turns", async () => {
  let isTurned = false;
  const world = await openWorld({
    registry: (plain) =>
      interposed(plain, {
        scanRoutes: () =>
          async function* scan() {
            for (let page = 0; page < 200_000 && !isTurned; page++) yield [ROUTE];
          },
      }),
  });
  setImmediate(() => {
    isTurned = true;
  });
  let pages = 0;
  for await (const _ of selectedRoutes(world.context, select(world.context, undefined), {}, CALL)) pages += 1;
  expect(isTurned).toBe(true);
  expect(pages).toBeGreaterThan(1);
});

test("a filter that is slow to decide leaves timers and I/O their turns within a page", async () => {
  const slow: Registration = {
    ...ROUTE,
    attempt: "a",
    get metadata() {
      const end = performance.now() + 0.5;
      while (performance.now() < end);
      return {};
    },
  };
  const world = await openWorld({
    registry: (plain) =>
      interposed(plain, {
        filters: () => undefined,
        scan: () =>
          async function* scan() {
            yield Array.from({ length: 100 }, () => slow);
          },
      }),
  });
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const pages: number[] = [];
  for await (const { selected } of selectedRecords(
    world.context,
    select(world.context, parseFilter({ x: 1 })),
    {},
    CALL,
  ))
    pages.push(selected.length);
  isOver = true;
  expect(pages).toEqual([0]);
  expect(turns).toBeGreaterThanOrEqual(5);
});

test("a page says how far it has looked, also when nobody on it was selected", async () => {
  const world = await openWorld({
    registry: (plain) => interposed(plain, { filters: () => undefined, counts: () => undefined }),
  });
  await storeMany(world.context.registry, names(10));
  const selection = select(world.context, parseFilter({ $identity: "id-0000007" }));
  const pages: [number, string][] = [];
  for await (const { selected, last } of selectedRecords(world.context, selection, { pageSize: 4 }, CALL)) {
    pages.push([selected.length, last]);
  }
  expect(pages).toEqual([
    [0, "id-0000003"],
    [1, "id-0000007"],
    [0, "id-0000009"],
  ]);
});

test("everyone is selected where there is no filter, and nothing is left for core where the registry can do it", async () => {
  const { context } = await openWorld();
  expect(select(context, undefined)).toEqual({ native: undefined, residual: undefined });
  const filter = parseFilter({ x: 1 });
  expect(select(context, filter)).toEqual({ native: filter, residual: undefined });
  expect(select(context, parseFilter({ $attached: true })).native).toBeUndefined();
});
