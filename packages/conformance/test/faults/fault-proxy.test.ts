import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FaultProxy, faultProxy } from "../../src/faults/fault-proxy.ts";

/** Sends back whatever it gets, and counts it. */
class EchoServer {
  readonly sockets = new Set<Socket>();
  readonly #server: Server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  received = "";
  ended = 0;
  failed = 0;

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => void (this.failed += 1));
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("end", () => {
      this.ended += 1;
      socket.end();
    });
    socket.on("data", (chunk) => {
      this.received += chunk.toString("latin1");
      socket.write(chunk);
    });
  }
}

/** A client that remembers what came. */
class Client {
  readonly socket: Socket;
  got = "";
  hasEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.on("data", (chunk) => void (this.got += chunk.toString("latin1")));
    this.socket.on("end", () => void (this.hasEnded = true));
    this.socket.on("error", (error: NodeJS.ErrnoException) => void (this.error = error));
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  async expect(text: string): Promise<void> {
    await until(() => expect(this.got).toBe(text));
  }

  async expectReset(): Promise<void> {
    await until(() => expect(this.error?.code).toBe("ECONNRESET"));
  }
}

async function until(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 4_000, interval: 2 });
}

let server: EchoServer;
let proxy: FaultProxy;
const clients: Client[] = [];

beforeEach(async () => {
  server = new EchoServer();
  proxy = await faultProxy({ host: "127.0.0.1", port: await server.listen() });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  await server.close();
});

function client(): Client {
  const made = new Client(proxy.port);
  clients.push(made);
  return made;
}

/** A client whose connection has carried something already. */
async function connected(): Promise<Client> {
  const made = client();
  made.send("hello");
  await made.expect("hello");
  made.got = "";
  return made;
}

/** Proves that whatever else is on its way in this process has had its turn: a round trip without the proxy's faults. */
async function roundTrips(count = 5): Promise<void> {
  const other = await faultProxy({ host: "127.0.0.1", port: proxyTarget() });
  const through = new Client(other.port);
  for (let trip = 1; trip <= count; trip += 1) {
    through.send(".");
    await through.expect(".".repeat(trip));
  }
  through.socket.end();
  await until(() => expect(other.connections).toBe(0));
  await other.close();
}

function proxyTarget(): number {
  const [socket] = server.sockets;
  return socket?.localPort ?? 0;
}

describe("a healthy proxy", () => {
  test("passes bytes on, in both directions and on several connections", async () => {
    const [one, other] = [client(), client()];
    one.send("one");
    other.send("other");
    await one.expect("one");
    await other.expect("other");
    expect(proxy.connections).toBe(2);
  });

  test("passes the end of a connection on, and forgets it", async () => {
    const one = await connected();
    one.socket.end("bye");
    await until(() => expect(one.hasEnded).toBe(true));
    expect(one.got).toBe("bye");
    expect(server.ended).toBe(1);
    await until(() => expect(proxy.connections).toBe(0));
  });

  test("passes a reset on", async () => {
    const one = await connected();
    one.socket.resetAndDestroy();
    await until(() => expect(server.failed).toBe(1));
    await until(() => expect(proxy.connections).toBe(0));
  });

  test("passes megabytes on unchanged", async () => {
    const one = client();
    const text = Array.from({ length: 200_000 }, (_, index) => index.toString(36).padStart(8, "0")).join("");
    one.send(text);
    await until(() => expect(one.got.length).toBe(text.length));
    expect(one.got).toBe(text);
  });

  test("resets its client when the server is not there", async () => {
    await server.close();
    await client().expectReset();
    await until(() => expect(proxy.connections).toBe(0));
  });
});

describe("cut", () => {
  test("resets open connections on both sides, and new ones, until it is healed", async () => {
    const one = await connected();
    proxy.cut();
    await one.expectReset();
    await until(() => expect(server.failed).toBe(1));
    await client().expectReset();
    await proxy.heal();
    await connected();
  });
});

describe("refuse", () => {
  test("refuses new connections, leaves open ones alone, and listens on the same port when healed", async () => {
    const one = await connected();
    const { port } = proxy;
    proxy.refuse();
    const refused = client();
    await until(() => expect(refused.error?.code).toBe("ECONNREFUSED"));
    one.send("still here");
    await one.expect("still here");
    await proxy.heal();
    expect(proxy.port).toBe(port);
    await connected();
  });
});

describe("stall", () => {
  test("lets nothing through, and everything once it is healed", async () => {
    const one = await connected();
    proxy.stall();
    one.send("later");
    const other = client();
    other.send("new");
    await roundTrips();
    expect([one.got, other.got]).toEqual(["", ""]);
    expect(server.received).not.toContain("later");
    await proxy.heal();
    await one.expect("later");
    await other.expect("new");
  });

  test("holds the sender back instead of taking whatever it sends", async () => {
    const one = await connected();
    proxy.stall();
    const chunk = Buffer.alloc(1_048_576, 0x61);
    for (let sent = 0; sent < 64; sent += 1) one.socket.write(chunk);
    await roundTrips();
    expect(one.socket.writableLength).toBeGreaterThan(32 * chunk.length);
    await proxy.heal();
    await until(() => expect(one.got.length).toBe(64 * chunk.length));
  });
});

describe("delay", () => {
  test("passes on later, in order, the end included", async () => {
    const one = await connected();
    proxy.delay(60_000);
    for (const text of ["a", "b", "c"]) one.send(text);
    one.socket.end("d");
    await roundTrips();
    expect(one.got).toBe("");
    expect(server.received).not.toContain("a");
    proxy.delay(5);
    await one.expect("abcd");
    await until(() => expect(one.hasEnded).toBe(true));
  });

  test("ends with healing, for what was sent later too", async () => {
    const one = await connected();
    proxy.delay(60_000);
    one.send("slow ");
    await roundTrips();
    await proxy.heal();
    one.send("quick");
    await one.expect("slow quick");
  });
});

describe("half open", () => {
  test("accepts, stays silent, and resets whatever has lost something when healed", async () => {
    const one = await connected();
    const idle = await connected();
    proxy.halfOpen();
    const fresh = client();
    one.send("lost");
    fresh.send("lost");
    await once(fresh.socket, "connect");
    await roundTrips();
    expect([one, fresh].map(({ got, error, hasEnded }) => [got, error, hasEnded])).toEqual([
      ["", undefined, false],
      ["", undefined, false],
    ]);
    expect(server.received).not.toContain("lost");
    await proxy.heal();
    await one.expectReset();
    await fresh.expectReset();
    idle.send("nothing lost");
    await idle.expect("nothing lost");
  });

  test("does not tell the server that a client has gone", async () => {
    const one = await connected();
    proxy.halfOpen();
    one.socket.resetAndDestroy();
    await roundTrips();
    expect(server.failed).toBe(0);
    await proxy.heal();
    await until(() => expect(server.failed).toBe(1));
  });
});

describe("drop replies", () => {
  test("lets requests take effect and loses the replies", async () => {
    const one = await connected();
    proxy.dropReplies();
    one.send("effect");
    await until(() => expect(server.received).toContain("effect"));
    await roundTrips();
    expect(one.got).toBe("");
    await proxy.heal();
    await one.expectReset();
    await connected();
  });
});

describe("cut after request", () => {
  test("lets one request take effect and resets its connection instead of the reply, once", async () => {
    const [one, other] = [await connected(), await connected()];
    const done = proxy.cutAfterRequest();
    one.send("effect");
    await done;
    await one.expectReset();
    expect(one.got).toBe("");
    expect(server.received.match(/effect/g)).toHaveLength(1);
    other.send("unharmed");
    await other.expect("unharmed");
    await connected();
  });

  test("waits for the request it was told of", async () => {
    const one = await connected();
    const done = proxy.cutAfterRequest((request) => Buffer.from(request).includes("SET"));
    one.send("PING");
    await one.expect("PING");
    one.send("SET a");
    await done;
    await one.expectReset();
    expect(one.got).toBe("PING");
    expect(server.received).toContain("SET a");
  });

  test("is given up by healing, closing and the next one", async () => {
    const first = proxy.cutAfterRequest();
    const second = proxy.cutAfterRequest();
    await first;
    await proxy.heal();
    await second;
    const third = proxy.cutAfterRequest();
    await proxy.close();
    await third;
  });
});

describe("closing", () => {
  test.each(["stall", "halfOpen", "dropReplies", "cut", "refuse"] as const)(
    "ends everything during %s, twice is once",
    async (fault) => {
      const one = await connected();
      proxy[fault]();
      one.send("x");
      await Promise.all([proxy.close(), proxy.close()]);
      await proxy.close();
      await until(() => expect(one.socket.destroyed).toBe(true));
      await until(() => expect([proxy.connections, server.sockets.size]).toEqual([0, 0]));
      const late = client();
      await until(() => expect(late.error?.code).toBe("ECONNREFUSED"));
    },
  );

  test("leaves no timer behind", async () => {
    const one = await connected();
    const before = timers();
    proxy.delay(60_000);
    one.send("never");
    await until(() => expect(timers()).toBeGreaterThan(before));
    await proxy.close();
    await until(() => expect(timers()).toBeLessThanOrEqual(before));
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
