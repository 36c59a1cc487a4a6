import { expect, test } from "vitest";
import { identities } from "../src/identities.ts";
import type { RunPage } from "../src/tasks/run-page.ts";
import { interposed } from "./support/interposed.ts";
import { CALL, names, openWorld, storeMany } from "./support/world.ts";

const RUN: RunPage = (work) => work(CALL);

test("everyone who matches comes once, in order, across pages", async () => {
  const world = await openWorld({ limits: { maxPageSize: 7 } });
  await storeMany(world.context.registry, names(50));
  const found: string[] = [];
  for await (const { identity } of identities(world.context, { $identity: { $lt: "id-0000040" } }, {}, RUN))
    found.push(identity);
  expect(found).toEqual(names(40));
});

test("each page has a call of its own, and nothing is read ahead", async () => {
  const world = await openWorld({ limits: { maxPageSize: 10 } });
  await storeMany(world.context.registry, names(30));
  let calls = 0;
  const run: RunPage = (work) => {
    calls += 1;
    return work(CALL);
  };
  let seen = 0;
  for await (const _ of identities(world.context, null, {}, run)) {
    seen += 1;
    expect(calls).toBe(Math.ceil(seen / 10));
  }
  expect(seen).toBe(30);
});

test("nobody is read twice", async () => {
  let read = 0;
  const world = await openWorld({
    limits: { maxPageSize: 7 },
    registry: (plain) =>
      interposed(plain, {
        scan: (original) =>
          async function* scan(query, call) {
            for await (const page of original(query, call)) {
              read += page.length;
              yield page;
            }
          },
      }),
  });
  await storeMany(world.context.registry, names(50));
  let seen = 0;
  for await (const _ of identities(world.context, null, {}, RUN)) seen += 1;
  expect([seen, read]).toEqual([50, 50]);
});

test("metadata can be left out or projected", async () => {
  const world = await openWorld();
  await (await world.process("s1")).register("ada", { x: 1, y: 2 });
  for await (const { metadata } of identities(world.context, null, { projection: ["x"] }, RUN))
    expect(metadata).toEqual({ x: 1 });
  for await (const { metadata } of identities(world.context, null, { includeMetadata: false }, RUN))
    expect(metadata).toEqual({});
});

test("bad input rejects the first step", async () => {
  const { context } = await openWorld();
  await expect(identities(context, {}, {}, RUN).next()).rejects.toMatchObject({ code: "INVALID_FILTER" });
  await expect(identities(context, null, { projection: [] }, RUN).next()).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("whoever is registered throughout appears exactly once while others come and go", async () => {
  const world = await openWorld({ limits: { maxPageSize: 13 } });
  const steady = names(300, "s-");
  await storeMany(world.context.registry, steady);
  const found: string[] = [];
  let round = 0;
  for await (const { identity } of identities(world.context, null, {}, RUN)) {
    found.push(identity);
    round += 1;
    if (round % 10 === 0) await storeMany(world.context.registry, [`a-${round}`, `s-0000100-${round}`, `z-${round}`]);
  }
  expect(new Set(found).size).toBe(found.length);
  expect(found.filter((identity) => steady.includes(identity))).toEqual(steady);
});
