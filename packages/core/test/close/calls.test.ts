import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { Fleet, Handle } from "../../src/fleet.ts";
import { rejected } from "../support/codes.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { Stall } from "../support/stall.ts";

const verbs: readonly (readonly [
  string,
  (fleet: Fleet, handle: Handle, options: { signal?: AbortSignal }) => Promise<unknown>,
])[] = [
  ["register", (fleet, _handle, options) => fleet.register("b", {}, options)],
  ["get", (fleet, _handle, options) => fleet.get("a", options)],
  ["count", (fleet, _handle, options) => fleet.count(null, options)],
  ["enumerate", (fleet, _handle, options) => fleet.enumerate(null, options)],
  ["identities", (fleet, _handle, options) => fleet.identities(null, options).next()],
  ["multicast", (fleet, _handle, options) => fleet.multicast(null, "x", options)],
  ["unregister", (fleet, _handle, options) => fleet.unregister("a", options)],
  ["handle.update", (_fleet, handle, options) => handle.update({ n: 2 }, options)],
  ["handle.renew", (_fleet, handle, options) => handle.renew(options)],
  ["handle.unregister", (_fleet, handle, options) => handle.unregister(options)],
  ["handle.attach", (_fleet, handle, options) => handle.attach(() => {}, options)],
  ["handle.messages", (_fleet, handle, options) => handle.messages(options).next()],
];

test.each(verbs)("%s after close is CLOSED and changes nothing", async (_name, verb) => {
  await using fleets = new Fleets();
  const [{ fleet }, other] = await fleets.openTwo({ timing: { sessionLeaseMs: 5_000, ttlMs: 20_000 } });
  const handle = await fleet.register("a", {});
  await fleet.close();
  const texts: string[] = [];
  await other.fleet.register("a", { n: 1 }, { onMessage: (message) => void texts.push(message.text()) });
  const before = await other.fleet.enumerate();
  await rejected("CLOSED", verb(fleet, handle, {}));
  expect(await other.fleet.enumerate()).toEqual(before);
  await other.fleet.multicast(null, "after");
  await eventually("a message arrives", () => texts.length > 0);
  expect(texts).toEqual(["after"]);
});

test.each(verbs)("%s with an aborted signal is ABORTED and changes nothing", async (_name, verb) => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", { n: 1 });
  await rejected("ABORTED", verb(fleet, handle, { signal: AbortSignal.abort() }));
  const found = await fleet.enumerate();
  expect(found.identities).toMatchObject([{ identity: "a", metadata: { n: 1 }, revision: 1, attached: false }]);
  expect(fleet.status().serving).toBe(1);
});

/** What these asked the store for may still happen after their caller gave up. */
const lasting: readonly string[] = ["handle.update", "unregister", "handle.unregister"];

test.each(verbs)("%s aborted while the store doesn't answer is ABORTED at once", async (name, verb) => {
  await using fleets = new Fleets();
  const stall = new Stall();
  const { fleet } = await fleets.open({
    registry: (plain) => stall.around(plain),
    timing: { sessionLeaseMs: 5_000, ttlMs: 20_000 },
  });
  const received: string[] = [];
  const handle = await fleet.register("a", { n: 1 });
  await fleet.register("receiver", {}, { onMessage: (message) => void received.push(message.text()) });
  // An attach that was given up is taken back: two revisions for nothing.
  const state = async (): Promise<object> =>
    (await fleet.enumerate()).identities.map((found) => ({ ...found, revision: 1 }));
  const before = await state();
  const controller = new AbortController();
  stall.begin();
  const call = rejected("ABORTED", verb(fleet, handle, { signal: controller.signal }));
  await eventually("the store was asked", () => stall.waiting > 0);
  controller.abort();
  const { mayHaveApplied } = await call;
  stall.end();
  await fleet.multicast({ $identity: "receiver" }, "afterwards");
  await eventually("a message arrives", () => received.length > 0);
  expect(received).toEqual(["afterwards"]);
  await eventually("it says that it may still happen, or there is nothing of it", async () => {
    return lasting.includes(name) ? mayHaveApplied : isDeepStrictEqual(await state(), before);
  });
});
