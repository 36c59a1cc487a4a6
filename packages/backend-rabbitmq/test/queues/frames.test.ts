import { assert, test } from "vitest";
import fc from "fast-check";
import { decodeFrame, encodeFrame, type Frame, framesOf } from "../../src/queues/frames.ts";

const recipient = fc.record({ identity: fc.string(), epoch: fc.nat(), attempts: fc.nat() });
const frame: fc.Arbitrary<Frame> = fc.record({
  message: fc.record({
    id: fc.string(),
    contentType: fc.string(),
    sentAt: fc.nat(),
    guarantee: fc.constantFrom("at-least-once", "exactly-once"),
    replyTo: fc.option(fc.string(), { nil: undefined }),
    payload: fc.uint8Array({ maxLength: 100 }),
  }),
  expiresAt: fc.nat(),
  notBefore: fc.option(fc.nat(), { nil: undefined }),
  death: fc.constant(undefined),
  recipients: fc.array(recipient, { maxLength: 40 }),
});

test("what stands in a queue is read as it was written", () => {
  fc.assert(
    fc.property(frame, (one) => {
      const { message, ...rest } = decodeFrame(encodeFrame(one)) ?? assert.fail("unreadable");
      assert.deepEqual(
        { ...rest, message: { ...message, payload: [...message.payload] } },
        {
          ...one,
          message: { ...one.message, payload: [...one.message.payload] },
        },
      );
    }),
  );
});

test("what nobody has written like that is no frame", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => assert.isUndefined(decodeFrame(Buffer.from(bytes)))),
  );
});

test("recipients of one message go in frames of so many", () => {
  const recipients = Array.from({ length: 70 }, (_, index) => ({ identity: `a-${index}`, epoch: 1, attempts: 0 }));
  const message = { id: "m", contentType: "t", sentAt: 1, guarantee: "at-least-once", replyTo: undefined } as const;
  const frames = [
    ...framesOf({ message: { ...message, payload: new Uint8Array() }, expiresAt: 1, recipients: [] }, recipients),
  ];
  assert.deepEqual(
    frames.map((one) => one.recipients.length),
    [32, 32, 6],
  );
  assert.deepEqual(
    frames.flatMap((one) => one.recipients),
    recipients,
  );
});
