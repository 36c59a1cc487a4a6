import { describe, expect, test } from "vitest";
import { faultProxy } from "../../src/faults/fault-proxy.ts";
import { until, usingLine } from "./line.ts";

const line = usingLine();

describe("a healthy proxy", () => {
  test("passes bytes on, in both directions and on several connections", async () => {
    const [one, other] = [line.client(), line.client()];
    one.send("one");
    other.send("other");
    await one.expect("one");
    await other.expect("other");
    expect(line.proxy.connections).toBe(2);
  });

  test("passes the end of a connection on, and forgets it", async () => {
    const one = await line.connected();
    one.socket.end("bye");
    await until(() => expect(one.hasEnded).toBe(true));
    expect(one.got).toBe("bye");
    expect(line.server.ended).toBe(1);
    await until(() => expect(line.proxy.connections).toBe(0));
  });

  test("passes bytes on after the other direction has ended", async () => {
    const one = await line.connected();
    for (const socket of line.server.sockets) socket.end();
    await until(() => expect(one.hasEnded).toBe(true));
    one.send("after the end");
    await until(() => expect(line.server.received).toContain("after the end"));
  });

  test("holds the server back while its client does not read", async () => {
    const one = await line.connected();
    one.socket.pause();
    const chunk = Buffer.alloc(1_048_576, 0x61);
    for (let sent = 0; sent < 64; sent += 1) one.socket.write(chunk);
    await until(() => expect(line.server.received.length).toBe("hello".length + 64 * chunk.length));
    await line.roundTrips();
    expect(line.server.waiting).toBeGreaterThan(32 * chunk.length);
    one.socket.resume();
    await until(() => expect(one.got.length).toBe(64 * chunk.length));
  });

  test("passes a reset on", async () => {
    const one = await line.connected();
    one.socket.resetAndDestroy();
    await until(() => expect(line.server.failed).toBe(1));
    await until(() => expect(line.proxy.connections).toBe(0));
  });

  test("passes megabytes on unchanged", async () => {
    const one = line.client();
    const text = Array.from({ length: 200_000 }, (_, index) => index.toString(36).padStart(8, "0")).join("");
    one.send(text);
    await until(() => expect(one.got.length).toBe(text.length));
    expect(one.got).toBe(text);
  });

  test("resets its client when the server is not there", async () => {
    await line.server.close();
    await line.client().expectReset();
    await until(() => expect(line.proxy.connections).toBe(0));
  });
});

describe("cut", () => {
  test("resets open connections on both sides, and new ones, until it is healed", async () => {
    const one = await line.connected();
    line.proxy.cut();
    await one.expectReset();
    await until(() => expect(line.server.failed).toBe(1));
    await line.client().expectReset();
    await line.proxy.heal();
    await line.connected();
  });
});

describe("refuse", () => {
  test("refuses new connections, leaves open ones alone, and listens on the same port when healed", async () => {
    const one = await line.connected();
    const { port } = line.proxy;
    line.proxy.refuse();
    const refused = line.client();
    await until(() => expect(refused.error?.code).toBe("ECONNREFUSED"));
    one.send("still here");
    await one.expect("still here");
    await line.proxy.heal();
    expect(line.proxy.port).toBe(port);
    await line.connected();
  });
});

describe("what half open takes", () => {
  test("includes the end of a connection", async () => {
    const one = await line.connected();
    line.proxy.halfOpen();
    one.socket.end();
    await line.roundTrips();
    await line.proxy.heal();
    await one.expectReset();
  });

  test("includes what was still waiting", async () => {
    const one = await line.connected();
    line.proxy.delay(60_000);
    one.send("waiting");
    await line.roundTrips();
    line.proxy.halfOpen();
    await line.proxy.heal();
    await one.expectReset();
    expect(line.server.received).not.toContain("waiting");
  });
});

describe("cut after request", () => {
  test("lets one request take effect and resets its connection instead of the reply, once", async () => {
    const [one, other] = [await line.connected(), await line.connected()];
    const done = line.proxy.cutAfterRequest();
    one.send("effect");
    await done;
    await one.expectReset();
    expect(one.got).toBe("");
    expect(line.server.received.match(/effect/g)).toHaveLength(1);
    other.send("unharmed");
    await other.expect("unharmed");
    await line.connected();
  });

  test("waits for the request it was told of", async () => {
    const one = await line.connected();
    const done = line.proxy.cutAfterRequest((request) => Buffer.from(request).includes("SET"));
    one.send("PING");
    await one.expect("PING");
    one.send("SET a");
    await done;
    await one.expectReset();
    expect(one.got).toBe("PING");
    expect(line.server.received).toContain("SET a");
  });

  test("is for the reply to the first request, whoever gets another one before", async () => {
    const [one, other] = [await line.connected(), await line.connected()];
    line.server.isMute = true;
    const done = line.proxy.cutAfterRequest();
    for (const [client, text] of [
      [one, "first"],
      [other, "second"],
    ] as const) {
      client.send(text);
      await until(() => expect(line.server.received).toContain(text));
    }
    for (const socket of line.server.sockets) socket.write("reply");
    await done;
    await other.expect("reply");
    await one.expectReset();
  });

  test("does not count a request whose connection ends before the reply", async () => {
    const [one, other] = [await line.connected(), await line.connected()];
    line.server.isMute = true;
    const done = line.proxy.cutAfterRequest();
    one.send("first");
    await until(() => expect(line.server.received).toContain("first"));
    one.socket.resetAndDestroy();
    await until(() => expect(line.proxy.connections).toBe(1));
    line.server.isMute = false;
    other.send("second");
    await done;
    await other.expectReset();
  });

  test("is given up by healing, closing and the next one", async () => {
    const first = line.proxy.cutAfterRequest();
    const second = line.proxy.cutAfterRequest();
    await first;
    await line.proxy.heal();
    await second;
    const third = line.proxy.cutAfterRequest();
    await line.proxy.close();
    await third;
  });
});

describe("closing", () => {
  test.each(["stall", "halfOpen", "dropReplies", "cut", "refuse"] as const)(
    "ends everything during %s, twice is once",
    async (fault) => {
      const one = await line.connected();
      line.proxy[fault]();
      one.send("x");
      await Promise.all([line.proxy.close(), line.proxy.close()]);
      await line.proxy.close();
      await line.proxy.heal();
      await until(() => expect(one.socket.destroyed).toBe(true));
      await until(() => expect([line.proxy.connections, line.server.sockets.size]).toEqual([0, 0]));
      const late = line.client();
      await until(() => expect(late.error?.code).toBe("ECONNREFUSED"));
    },
  );

  test("leaves no timer behind", async () => {
    const one = await line.connected();
    const before = timers();
    line.proxy.delay(60_000);
    one.send("never");
    await until(() => expect(timers()).toBeGreaterThan(before));
    await line.proxy.close();
    await until(() => expect(timers()).toBeLessThanOrEqual(before));
  });
});

test("no proxy leads to another machine", async () => {
  await expect(faultProxy({ host: "192.0.2.1", port: 1 })).rejects.toThrow(RangeError);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
