import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";

test("a handle registered without a receiver can attach one later", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", { n: 1 });
  expect(await fleet.get("a")).toMatchObject({ attached: false });
  expect(await fleet.multicast(null, "x")).toMatchObject({ targetCount: 1, failedCount: 1 });
  const received: string[] = [];
  await handle.attach((message) => void received.push(message.text()));
  expect(await fleet.get("a")).toMatchObject({ attached: true, epoch: handle.epoch, metadata: { n: 1 } });
  await fleet.multicast(null, "y");
  await eventually("it receives", () => received.length > 0);
  expect(received).toEqual(["y"]);
  await expect(handle.attach(() => {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("messages() attaches, gives messages in order, and ends with the registration", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  const received: string[] = [];
  const reading = (async () => {
    for await (const message of handle.messages()) received.push(message.text());
  })();
  await eventually("it is attached", async () => (await fleet.get("a"))?.attached);
  for (const text of ["1", "2", "3"]) await fleet.multicast(null, text);
  await eventually("all arrived", () => received.length === 3);
  await handle.unregister();
  await reading;
  expect(received).toEqual(["1", "2", "3"]);
});

test("leaving messages() detaches, so that senders see it and another receiver can come", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  const messages = handle.messages();
  const first = messages.next();
  await eventually("it is attached", async () => (await fleet.get("a"))?.attached);
  await fleet.multicast(null, "1");
  const { value } = (await first) as IteratorYieldResult<Message>;
  expect(value.text()).toBe("1");
  await messages.return?.();
  await eventually("it is detached", async () => (await fleet.get("a"))?.attached === false);
  await handle.attach(() => {});
  expect(await fleet.get("a")).toMatchObject({ attached: true });
});

test("a handler that throws is an event, and the next message comes all the same", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const received: string[] = [];
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: (message) => {
        received.push(message.text());
        if (message.text() === "1") throw new Error("no");
      },
    },
  );
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => errors.push(error));
  await fleet.multicast(null, "1");
  await fleet.multicast(null, "2");
  await eventually("both arrived", () => received.length === 2);
  expect(errors).toMatchObject([{ message: "no" }]);
});

test("the policy disconnect detaches a receiver that is too slow", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: () => new Promise(() => {}),
      inbox: { capacity: 1, overflow: "disconnect" },
    },
  );
  const dropped: number[] = [];
  handle.on("overflow", (event) => dropped.push(event.dropped));
  for (const text of ["running", "waiting", "too much"]) await fleet.multicast(null, text);
  await eventually("it is detached", async () => (await fleet.get("a"))?.attached === false);
  await eventually("it is told", () => dropped.length > 0);
  expect(fleet.status().dropped).toBe(1);
});

test("an address of its own receives under it, for as long as it is registered", async () => {
  await using fleets = new Fleets();
  const [owner, sender] = await fleets.openTwo();
  const received: string[] = [];
  const handle = await owner.fleet.register(
    "a",
    {},
    { address: "devices/a", onMessage: (message) => void received.push(message.text()) },
  );
  await sender.fleet.multicast(null, "hello");
  await eventually("it arrives", () => received.length === 1);
  await handle.unregister();
  const again = await owner.fleet.register(
    "a",
    {},
    { address: "devices/a", onMessage: (message) => void received.push(message.text()) },
  );
  await sender.fleet.multicast(null, "again");
  await eventually("it arrives again", () => received.length === 2);
  expect(received).toEqual(["hello", "again"]);
  expect(again?.identity).toBe("a");
});

test("an address of its own stays with the registration when its receiver leaves, and the next one receives", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {}, { address: "devices/a" });
  const messages = handle.messages();
  const first = messages.next();
  await eventually("it receives", async () => (await fleet.multicast(null, "1")).deliveredCount === 1);
  await first;
  await messages.return?.();
  const received: string[] = [];
  await handle.attach((message) => void received.push(message.text()));
  await fleet.multicast(null, "2");
  await eventually("it arrives", () => received.length > 0);
  expect(received).toEqual(["2"]);
});
