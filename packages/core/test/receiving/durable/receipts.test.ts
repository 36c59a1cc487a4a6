import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { MessagingBackend } from "../../../src/slots/index.ts";
import { type Frame, decodeFrame } from "../../../src/wire/frame.ts";
import type { ReceiptsFrame } from "../../../src/wire/receipts.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { Outbox } from "../../support/outbox.ts";
import { CALL, names, openMessaging } from "../../support/world.ts";

/** What arrives at an address. */
async function listening(messaging: MessagingBackend, address: string): Promise<ReceiptsFrame[]> {
  const inbox = await messaging.openInbox({ prefetch: 1_000, onRoute: () => {} }, CALL);
  await inbox.addMany([address], CALL);
  const heard: ReceiptsFrame[] = [];
  const listen = async (): Promise<void> => {
    for await (const page of inbox) {
      const frames = page.map(({ body }): Frame => decodeFrame(body));
      heard.push(...frames.filter((frame): frame is ReceiptsFrame => frame.kind === "receipts"));
    }
  };
  listen().catch(() => undefined); // Ends with the slot.
  return heard;
}

test("whoever wants to hear of acknowledgements is told in as few frames as there are batches", async () => {
  await using fleets = new Fleets(memoryHub());
  await using outbox = await Outbox.open(fleets.hub);
  await using messaging = await openMessaging(fleets.hub);
  const heard = await listening(messaging, "sender");
  const timing = { sessionLeaseMs: 10_000, ttlMs: 60_000 };
  const { fleet } = await fleets.open({ durability: true, timing });
  const all = names(300);
  const handles = await Promise.all(all.map((name) => fleet.register(name, {})));
  await outbox.enqueue("m", handles, { replyTo: "sender" });
  await outbox.enqueue("silent", handles);
  await Promise.all(
    handles.map((handle, index) =>
      handle.attach((message) => {
        if (index === 7 && message.id === "m") message.reject("no thanks");
      }),
    ),
  );
  await eventually(
    "everyone has been told of",
    () => heard.reduce((sum, { delivered }) => sum + delivered.length, 0) === 299,
  );
  expect(heard.flatMap(({ delivered }) => delivered).toSorted()).toEqual(all.filter((_, index) => index !== 7));
  expect(heard.flatMap(({ failed }) => failed)).toEqual([{ identity: all[7], code: "REJECTED", reason: "no thanks" }]);
  expect(new Set(heard.map(({ id }) => id))).toEqual(new Set(["m"]));
  expect(heard.length).toBeLessThan(30);
});

test("nobody is told of what is tried again or given back", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  await using messaging = await openMessaging(fleets.hub);
  const heard = await listening(messaging, "sender");
  const { fleet } = await fleets.open({ durability: true });
  const handle = await fleet.register(
    "ada",
    {},
    {
      onMessage({ attempt }) {
        if (attempt === 1) throw new Error("not yet");
      },
    },
  );
  await outbox.enqueue("m", handle, { replyTo: "sender" });
  await eventually("it is told", () => heard.length > 0);
  expect(heard).toMatchObject([{ id: "m", delivered: ["ada"], failed: [] }]);
  expect(await outbox.attempts("m")).toBe(2);
});
