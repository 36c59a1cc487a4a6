import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Headers, Outgoing } from "@muster/core/slots";
import { assert, test } from "vitest";
import { propertiesOf } from "../../src/codec.ts";
import { Writer } from "../../src/publishing/writer.ts";

/** How the driver reads what it is sent. */
interface Frame {
  readonly channel: number;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly size?: number;
  readonly content?: Buffer;
}

interface Framing {
  parseFrame(bytes: Buffer, max: number): { readonly rest: Buffer } | false;
  decodeFrame(frame: { readonly rest: Buffer }): Frame;
}

const driver = createRequire(import.meta.url);
const framing = driver(join(dirname(driver.resolve("amqplib")), "lib/frame.js")) as Framing;
const CHANNEL = 258;

function writer(maxFrameBytes = 131_072): { readonly writer: Writer; frames(): readonly Frame[] } {
  const sent: Uint8Array[] = [];
  const made = new Writer(
    { channel: CHANNEL, maxFrameBytes, send: (frames) => void sent.push(Uint8Array.from(frames)) },
    "muster.iot",
  );
  return {
    writer: made,
    frames() {
      made.flush();
      const frames: Frame[] = [];
      let bytes: Buffer = Buffer.concat(sent);
      while (bytes.length > 0) {
        const frame = framing.parseFrame(bytes, 0);
        assert.ok(frame !== false, "half a frame");
        frames.push(framing.decodeFrame(frame));
        bytes = frame.rest;
      }
      return frames;
    },
  };
}

function message(address: string, headers: Headers, body = `for ${address}`): Outgoing {
  return { address, headers, body: Buffer.from(body) };
}

function assertReads(frames: readonly Frame[], messages: readonly Outgoing[]): void {
  let index = 0;
  for (const [tag, { address, headers, body }] of messages.entries()) {
    const [method, header] = [frames[index], frames[index + 1]];
    assert.deepInclude(method?.fields, {
      exchange: "muster.iot",
      routingKey: address,
      mandatory: true,
      immediate: false,
    });
    const { contentType, messageId, headers: table } = propertiesOf(headers);
    const { fields } = header ?? {};
    const properties = [fields?.["contentType"], fields?.["messageId"], fields?.["correlationId"]];
    assert.deepEqual(properties, [contentType, messageId, String(tag + 1)]);
    assert.deepEqual({ ...(fields?.["headers"] as object | undefined) }, { ...table });
    assert.equal(header?.size, body.length);
    index += 2;
    if (body.length === 0) continue;
    assert.deepEqual(frames[index]?.content, body);
    index += 1;
  }
  assert.lengthOf(frames, index);
  assert.isTrue(frames.every(({ channel }) => channel === CHANNEL));
}

test("of the messages of a multicast the driver reads what it would have written", () => {
  const { writer: made, frames } = writer();
  const messages = Array.from({ length: 1_200 }, (_, index) =>
    message(`@sensor-${index}`, {
      "muster-version": "1",
      "muster-id": "m-1",
      "content-type": "text/plain; charset=utf-8",
      "x-common": " é\u{1f600}",
      "muster-identity": `sensor-${index}`,
      "muster-epoch": String(index ** 3),
    }),
  );
  for (const [index, one] of messages.entries()) assert.isTrue(made.put(one, index + 1));
  assertReads(frames(), messages);
});

test("what differs in anything, or has nothing at all, is read as it is", () => {
  const { writer: made, frames } = writer();
  const messages = [
    message("a", {}),
    message("a", {}, ""),
    message("b", { "content-type": "a/b" }),
    message("c", { "content-type": "c/d" }),
    message("d", { "muster-id": "1", "x-one": "1" }),
    message("e", { "muster-id": "2", "x-one": "1" }),
    message("f", { "muster-id": "2", "x-one": "2", "x-two": "2" }),
    message("g", { "x-two": "2", "x-one": "2", "muster-id": "2" }),
    message("h", { "x-two": "3", "x-one": "3", "muster-id": "2" }),
    message("i", { "content-type": "x".repeat(256), "x-one": "3" }),
    message("j", { "content-type": "y".repeat(256), "x-one": "3" }),
    message("k".repeat(255), { "x-one": "y".repeat(70_000) }),
    message("l", { "x-other": "é" }),
  ];
  for (const [index, one] of messages.entries()) assert.isTrue(made.put(one, index + 1));
  assertReads(frames(), messages);
});

test("what it can't write is left to the driver, and what was written before and behind it is whole", () => {
  const { writer: made, frames } = writer();
  const around = [message("a", { "x-one": "1" }), message("a", { "x-one": "3" })] as const;
  assert.isTrue(made.put(around[0], 1));
  const strange: readonly Outgoing[] = [
    message("é", { "x-one": "1" }),
    message("\u007f", { "x-one": "1" }),
    message("a".repeat(256), { "x-one": "1" }),
    message("a", { "x-one": "é" }),
    message("a", { "x-one": "1" }, "b".repeat(16_385)),
    message("a", { "x-one": "1".repeat(131_072) }),
  ];
  for (const one of strange) assert.isFalse(made.put(one, 2));
  assert.isTrue(made.put(around[1], 2));
  assertReads(frames(), around);
});
