import { memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { MessagingBackend } from "../../../src/slots/index.ts";
import { encodeAcknowledgement, PLACE_STATE, type PlaceRun } from "../../../src/wire/acknowledgement.ts";
import type { AwaitedFrame } from "../../../src/wire/awaited-frame.ts";
import { decodeFrame } from "../../../src/wire/frame.ts";
import { openSender, type Sender, type SenderOptions } from "../../support/acknowledged-sender.ts";
import { Fleets } from "../../support/fleets.ts";
import { stalling } from "../../support/sending.ts";
import { CALL, entry, names, openMessaging, stored, storeMany } from "../../support/world.ts";

const TARGETS = 150_000;
const ADDRESS = "n.mute";

/** So many recipients at one address, where somebody answers each frame with these runs, or not at all. */
async function openMute(
  fleets: Fleets,
  options: SenderOptions,
  answer?: (size: number) => readonly PlaceRun[],
): Promise<Sender> {
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, CALL);
  await stored(registry, entry("$session/mute", { ttlMs: 600_000, address: ADDRESS }));
  const place = { session: "mute", address: ADDRESS, sessionBound: true, ttlMs: 600_000 };
  await storeMany(registry, names(TARGETS), place);
  const broker = await openMessaging(fleets.hub);
  const inbox = await broker.openInbox({ prefetch: 1_000 }, CALL);
  await inbox.addMany([ADDRESS], CALL);
  const reading = (async (): Promise<void> => {
    for await (const page of inbox)
      for (const { body } of page) {
        const frame = decodeFrame(body) as AwaitedFrame;
        if (answer !== undefined) await reply(broker, frame, answer(frame.identities.length));
      }
  })();
  reading.catch(() => undefined); // Its broker goes with the test.
  return await openSender(fleets.hub, options);
}

async function reply(broker: MessagingBackend, frame: AwaitedFrame, runs: readonly PlaceRun[]): Promise<void> {
  const { replyTo: address, frame: number, attempt } = frame.awaiting;
  const body = encodeAcknowledgement({ id: frame.id, frame: number, attempt, runs, reasons: [] });
  await broker.publishMany([{ address, headers: {}, body }], CALL);
}

test("as long as nothing is answered no more is sent than may be under way, whatever the number of targets", async () => {
  await using fleets = new Fleets();
  await using sender = await openMute(fleets, { messaging: stalling(2) });
  const { report, incomplete } = await sender.multicast({ timeoutMs: 1_500 });
  expect(incomplete?.code).toBe("TIMEOUT");
  expect(report.targetCount).toBeLessThan(100_000);
  expect(report).toMatchObject({ deliveredCount: 0, targetCount: report.timeoutCount + report.failedCount });
});

test("one slow recipient of each frame holds up no other frame", async () => {
  await using fleets = new Fleets();
  await using sender = await openMute(fleets, {}, (size) => [
    [0, 0, PLACE_STATE.running],
    [1, size - 1, PLACE_STATE.handled],
  ]);
  let delivered = 0;
  const controller = new AbortController();
  const { report } = await sender.multicast({
    timeoutMs: 60_000,
    signal: controller.signal,
    onReceipts: (receipts) => {
      delivered += receipts.length;
      if (delivered === TARGETS - TARGETS / 1_000) controller.abort();
    },
  });
  expect(report).toMatchObject({ targetCount: TARGETS, timeoutCount: TARGETS / 1_000 });
});
