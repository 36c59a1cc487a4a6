import type { Channel } from "amqplib";
import { assert, test } from "vitest";
import { wireOf } from "../src/connection/wire.ts";

interface Insides {
  ch?: unknown;
  connection?: { frameMax?: unknown; channels?: (object | null)[] };
}

/** A channel as the driver has it, and what was written to it. */
function driven(): { readonly channel: Channel; readonly insides: Insides; readonly written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  const insides: Insides = { ch: 1 };
  const buffer = { write: (bytes: Uint8Array) => written.push(bytes) > 0 };
  insides.connection = { frameMax: 4_096, channels: [null, { channel: insides, buffer }] };
  return { channel: insides as unknown as Channel, insides, written };
}

test("bytes go where the driver has those of the channel, until it has ended", () => {
  const { channel, insides, written } = driven();
  const wire = wireOf(channel);
  assert.deepInclude(wire, { channel: 1, maxFrameBytes: 4_096 });
  wire?.send(Buffer.from("a"));
  insides.connection?.channels?.splice(1, 1, { channel: {}, buffer: { write: () => assert.fail("it is another's") } });
  wire?.send(Buffer.from("b"));
  assert.deepEqual(written, [Buffer.from("a")]);
});

test.for<readonly [string, (insides: Insides) => void]>([
  ["has no number", (insides) => delete insides.ch],
  ["has no connection", (insides) => delete insides.connection],
  ["has no largest frame", ({ connection }) => delete connection?.frameMax],
  ["has no list of channels", ({ connection }) => delete connection?.channels],
  ["is not in the list", ({ connection }) => connection?.channels?.pop()],
  ["has no buffer", (insides) => insides.connection?.channels?.splice(1, 1, { channel: insides })],
])("a channel of a driver that %s has none", ([, change]) => {
  const { channel, insides } = driven();
  change(insides);
  assert.isUndefined(wireOf(channel));
});
