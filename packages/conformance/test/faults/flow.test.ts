import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { until, usingLine } from "./line.ts";

const line = usingLine();

describe("stall", () => {
  test("lets nothing through, and everything once it is healed", async () => {
    const one = await line.connected();
    line.proxy.stall();
    one.send("later");
    const other = line.client();
    other.send("new");
    await line.roundTrips();
    expect([one.got, other.got]).toEqual(["", ""]);
    expect(line.server.received).not.toContain("later");
    await line.proxy.heal();
    await one.expect("later");
    await other.expect("new");
  });

  test("holds the sender back instead of taking whatever it sends", async () => {
    const one = await line.connected();
    line.proxy.stall();
    const chunk = Buffer.alloc(1_048_576, 0x61);
    for (let sent = 0; sent < 64; sent += 1) one.socket.write(chunk);
    await line.roundTrips();
    expect(one.socket.writableLength).toBeGreaterThan(32 * chunk.length);
    await line.proxy.heal();
    await until(() => expect(one.got.length).toBe(64 * chunk.length));
  });
});

describe("delay", () => {
  test("passes on later, in order, the end included", async () => {
    const one = await line.connected();
    line.proxy.delay(60_000);
    for (const text of ["a", "b", "c"]) one.send(text);
    one.socket.end("d");
    await line.roundTrips();
    expect(one.got).toBe("");
    expect(line.server.received).not.toContain("a");
    line.proxy.delay(5);
    await one.expect("abcd");
    await until(() => expect(one.hasEnded).toBe(true));
  });

  test("ends with healing, for what was sent later too", async () => {
    const one = await line.connected();
    line.proxy.delay(60_000);
    one.send("slow ");
    await line.roundTrips();
    await line.proxy.heal();
    one.send("quick");
    await one.expect("slow quick");
  });
});

describe("half open", () => {
  test("accepts, stays silent, and resets whatever has lost something when healed", async () => {
    const one = await line.connected();
    const idle = await line.connected();
    line.proxy.halfOpen();
    const fresh = line.client();
    one.send("lost");
    fresh.send("lost");
    await once(fresh.socket, "connect");
    await line.roundTrips();
    expect([one, fresh].map(({ got, error, hasEnded }) => [got, error, hasEnded])).toEqual([
      ["", undefined, false],
      ["", undefined, false],
    ]);
    expect(line.server.received).not.toContain("lost");
    await line.proxy.heal();
    await one.expectReset();
    await fresh.expectReset();
    idle.send("nothing lost");
    await idle.expect("nothing lost");
  });

  test("does not tell the server that a client has gone", async () => {
    const one = await line.connected();
    line.proxy.halfOpen();
    one.socket.resetAndDestroy();
    await line.roundTrips();
    expect(line.server.failed).toBe(0);
    await line.proxy.heal();
    await until(() => expect(line.server.failed).toBe(1));
  });
});

describe("drop replies", () => {
  test("lets requests take effect and loses the replies", async () => {
    const one = await line.connected();
    line.proxy.dropReplies();
    one.send("effect");
    await until(() => expect(line.server.received).toContain("effect"));
    await line.roundTrips();
    expect(one.got).toBe("");
    await line.proxy.heal();
    await one.expectReset();
    await line.connected();
  });
});
