import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeAcknowledgement, PLACE_STATE } from "../../src/wire/acknowledgement.ts";
import { awaitingBytes, type AwaitedFrame, encodeAwaited } from "../../src/wire/awaited-frame.ts";
import { decodeFrame } from "../../src/wire/frame.ts";
import { encodeMessage, frameBytes, type MessageFrame, recipientBytes } from "../../src/wire/message-frame.ts";
import { encodeBell, encodeReplaced } from "../../src/wire/notices.ts";
import { encodeReceipts } from "../../src/wire/receipts.ts";
import { isMusterError } from "../../src/slots/index.ts";

const identity = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text));
const epoch = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const message = fc
  .record({
    id: fc.uuid(),
    contentType: fc.constantFrom("application/json", "text/plain; charset=utf-8", "x/y"),
    sentAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    payload: fc.uint8Array({ maxLength: 200 }),
    recipients: fc.array(fc.tuple(identity, epoch), { minLength: 1, maxLength: 50 }),
  })
  .map(({ recipients, ...content }) => ({
    content,
    identities: recipients.map(([name]) => name),
    epochs: recipients.map(([, number]) => number),
  }));

test("a message frame reads back as it was written", () => {
  fc.assert(
    fc.property(message, ({ content, identities, epochs }) => {
      const frame = decodeFrame(encodeMessage(content, { identities, epochs })) as MessageFrame;
      expect({ ...frame, epochs: Array.from(frame.epochs), payload: new Uint8Array(frame.payload) }).toEqual({
        kind: "message",
        ...content,
        identities,
        names: identities.join("\n"),
        epochs,
      });
    }),
  );
});

const awaiting = fc.record({
  replyTo: identity,
  frame: fc.nat({ max: 2 ** 32 - 1 }),
  attempt: fc.integer({ min: 1, max: 65_535 }),
});

test("an awaited frame reads back as it was written, with places of its own or without", () => {
  fc.assert(
    fc.property(message, awaiting, fc.boolean(), ({ content, identities, epochs }, head, hasPlaces) => {
      const places = identities.map((_, index) => (index * 7) % 65_536);
      const written = hasPlaces ? { ...head, places } : head;
      const frame = decodeFrame(encodeAwaited(content, { identities, epochs }, written)) as AwaitedFrame;
      const plain = { ...frame.awaiting, ...(hasPlaces && { places: Array.from(frame.awaiting.places ?? []) }) };
      const payload = new Uint8Array(frame.payload);
      expect({ ...frame, epochs: Array.from(frame.epochs), payload, awaiting: plain }).toEqual({
        kind: "awaited",
        ...content,
        identities,
        names: identities.join("\n"),
        epochs,
        awaiting: written,
      });
    }),
  );
});

test("an acknowledgement reads back as it was written", () => {
  const place = fc.nat({ max: 65_535 });
  const run = fc.tuple(place, place, fc.constantFrom(...Object.values(PLACE_STATE)));
  const reasons = fc.array(fc.tuple(place, fc.string({ minLength: 1 })));
  fc.assert(
    fc.property(fc.uuid(), fc.nat(), fc.array(run), reasons, (id, frame, runs, why) => {
      const written = { id, frame, attempt: (frame % 65_535) + 1, runs, reasons: why };
      expect(decodeFrame(encodeAcknowledgement(written))).toEqual({ kind: "acknowledgement", ...written });
    }),
  );
});

test("a thousand recipients who all have handled a message are acknowledged in a few bytes", () => {
  const id = "0a5cdbf2-ab6c-4b0c-8a54-1c9f6a3d2e10";
  const bytes = encodeAcknowledgement({ id, frame: 7, attempt: 1, runs: [[0, 999, PLACE_STATE.handled]], reasons: [] });
  expect(bytes.length - id.length).toBeLessThan(24);
});

test("a replaced frame reads back as it was written", () => {
  fc.assert(
    fc.property(identity, epoch, (name, number) => {
      expect(decodeFrame(encodeReplaced(name, number))).toEqual({ kind: "replaced", identity: name, epoch: number });
    }),
  );
});

test("a bell reads back as a bell", () => {
  expect(decodeFrame(encodeBell())).toEqual({ kind: "bell" });
});

test("receipts read back as they were written, with nobody or many on either side", () => {
  const failed = fc.record({ identity, code: fc.constantFrom("REJECTED", "EXPIRED"), reason: fc.string() });
  fc.assert(
    fc.property(fc.uuid(), fc.array(identity), fc.array(failed), (id, delivered, failures) => {
      const frame = decodeFrame(encodeReceipts({ id, delivered, failed: failures }));
      expect(frame).toEqual({ kind: "receipts", id, delivered, failed: failures });
    }),
  );
});

test("the size of a frame is known before it is made, but for the one newline it has less than recipients", () => {
  fc.assert(
    fc.property(message, ({ content, identities, epochs }) => {
      const foreseen = frameBytes(content) + identities.reduce((sum, name) => sum + recipientBytes(name), 0);
      expect(encodeMessage(content, { identities, epochs }).length).toBe(foreseen - 1);
      const awaited = encodeAwaited(content, { identities, epochs }, { replyTo: "n.1", frame: 1, attempt: 1 });
      expect(awaited.length).toBe(foreseen - 1 + awaitingBytes("n.1"));
    }),
  );
});

test("a frame cut anywhere is refused", () => {
  fc.assert(
    fc.property(message, fc.nat(), ({ content, identities, epochs }, cut) => {
      for (const whole of [
        encodeMessage(content, { identities, epochs }),
        encodeAwaited(
          content,
          { identities, epochs },
          { replyTo: "n.1", frame: 1, attempt: 1, places: [...epochs.keys()] },
        ),
      ])
        expect(refusal(whole.subarray(0, cut % whole.length))).toBe("INTERNAL");
    }),
  );
});

test("a frame altered anywhere is refused, so that no wrong recipient is ever read", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ content, identities, epochs }, at, flip) => {
      const bytes = new Uint8Array(encodeMessage(content, { identities, epochs }));
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ flip;
      expect(refusal(bytes)).toBe(index === 0 ? "UNSUPPORTED" : "INTERNAL");
    }),
  );
});

test("bytes that are no frame give a coded error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(["INTERNAL", "UNSUPPORTED"]).toContain(refusal(bytes));
    }),
  );
});

test("a frame of another version says which version this release reads", () => {
  const bytes = new Uint8Array(encodeReplaced("a", 1));
  bytes[0] = 2;
  expect(() => decodeFrame(bytes)).toThrow(
    /\[UNSUPPORTED\] .*frame version 2 is unknown: this release reads version 1/,
  );
});

test("the bytes of version 1 never change", () => {
  const content = { id: "m-1", contentType: "text/plain", sentAt: 1_700_000_000_000, payload: Buffer.from("hi") };
  const frame = encodeMessage(content, { identities: ["ada", "zoë"], epochs: [1, 2 ** 53 - 1] });
  expect(Buffer.from(frame).toString("hex")).toBe(GOLDEN_MESSAGE);
  expect(Buffer.from(encodeReplaced("ada", 7)).toString("hex")).toBe(GOLDEN_REPLACED);
  const awaited = encodeAwaited(
    content,
    { identities: ["ada", "zoë"], epochs: [1, 2 ** 53 - 1] },
    { replyTo: "n.1", frame: 3, attempt: 2, places: [4, 5] },
  );
  expect(Buffer.from(awaited).toString("hex")).toBe(GOLDEN_AWAITED);
  const acknowledgement = encodeAcknowledgement({
    id: "m-1",
    frame: 3,
    attempt: 2,
    runs: [
      [0, 998, PLACE_STATE.handled],
      [999, 999, PLACE_STATE.rejected],
    ],
    reasons: [[999, "no"]],
  });
  expect(Buffer.from(acknowledgement).toString("hex")).toBe(GOLDEN_ACKNOWLEDGEMENT);
});

const GOLDEN_MESSAGE = [
  "01 01 14bbd0d7",
  "4278bcfe56800000 00000002 00000008 0003 000a",
  "6d2d31 746578742f706c61696e",
  "3ff0000000000000 433fffffffffffff",
  "616461 0a 7a6fc3ab",
  "6869",
]
  .join("")
  .replaceAll(" ", "");
const GOLDEN_AWAITED = [
  "01 06 a125ff80",
  "00000003 0002 0003 00000002 6e2e31 0004 0005",
  "4278bcfe56800000 00000002 00000008 0003 000a",
  "6d2d31 746578742f706c61696e",
  "3ff0000000000000 433fffffffffffff",
  "616461 0a 7a6fc3ab",
  "6869",
]
  .join("")
  .replaceAll(" ", "");
const GOLDEN_ACKNOWLEDGEMENT = [
  "01 04 140df743",
  "00000003 00000002 0002 0003 6d2d31",
  "0000 03e6 01",
  "03e7 03e7 02",
  "5b5b3939392c226e6f225d5d",
]
  .join("")
  .replaceAll(" ", "");
const GOLDEN_REPLACED = "0102a732276b401c000000000000616461";

function refusal(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
  } catch (error) {
    return isMusterError(error) ? error.code : "uncoded";
  }
  return "read";
}
