import type { NatsConnection } from "@nats-io/transport-node";
import { assert, test } from "vitest";
import { outletOf } from "../../src/writing/outlet.ts";

const LARGE = 10_000;

interface Driver {
  readonly log: string[];
  readonly connection: NatsConnection;
}

/** A driver that keeps what it is given until it is flushed, on a socket that may not take all of it. */
function driver(protocol: object, log: string[] = []): Driver {
  const connection: object = { protocol };
  return { log, connection: connection as NatsConnection };
}

test("a connection of a driver that takes no bytes has none", () => {
  assert.isUndefined(outletOf(driver({}).connection));
  assert.isUndefined(outletOf({} as NatsConnection));
});

test("bytes may be written over when neither the driver nor the socket keeps any of them", () => {
  for (const [kept, waiting, hasLeft] of [
    [0, 0, true],
    [0, 5, false],
    [5, 0, false],
  ] as const) {
    const log: string[] = [];
    const outlet = outletOf(
      driver({
        sendCommand: (): unknown => log.push("send"),
        flushPending: (): unknown => log.push("flush"),
        outbound: { size: (): number => kept },
        transport: { socket: { writableLength: waiting } },
      }).connection,
    );
    assert.equal(outlet?.send(new Uint8Array(LARGE)), hasLeft);
    assert.deepEqual(log, ["send", "flush"]);
  }
});

test("a driver that shows nothing of what it keeps may keep all of it", () => {
  const sent: Uint8Array[] = [];
  const outlet = outletOf(driver({ sendCommand: (bytes: Uint8Array): unknown => sent.push(bytes) }).connection);
  assert.isFalse(outlet?.send(new Uint8Array(LARGE)));
  assert.lengthOf(sent, 1);
});

test("little is left to the driver as a copy, to be sent with what follows", () => {
  const sent: Uint8Array[] = [];
  const log: string[] = [];
  const { connection } = driver({
    sendCommand: (bytes: Uint8Array): unknown => sent.push(bytes),
    flushPending: (): unknown => log.push("flush"),
  });
  const bytes = Uint8Array.of(1, 2, 3);
  assert.isTrue(outletOf(connection)?.send(bytes));
  bytes.fill(0);
  assert.deepEqual(sent, [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(log, []);
});
