/** Both ends of a line through a proxy: a server that sends back what it gets, and clients that remember what came. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { type FaultProxy, faultProxy } from "../../src/faults/fault-proxy.ts";

/** Sends back whatever it gets, and counts it. */
export class EchoServer {
  readonly sockets = new Set<Socket>();
  readonly #server: Server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  received = "";
  isMute = false;
  ended = 0;
  failed = 0;

  /** Bytes that it could not get rid of yet. */
  get waiting(): number {
    return [...this.sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
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
      if (!this.isMute) socket.write(chunk);
    });
  }
}

/** A client that remembers what came. */
export class Client {
  readonly socket: Socket;
  got = "";
  hasEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
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

export async function until(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 4_000, interval: 2 });
}

/** A server, a proxy in front of it, and its clients, new for each test. */
export class Line {
  readonly #clients: Client[] = [];
  server: EchoServer = new EchoServer();
  #proxy: FaultProxy | undefined;
  #serverPort = 0;

  get proxy(): FaultProxy {
    if (this.#proxy === undefined) throw new Error("only within a test");
    return this.#proxy;
  }

  async open(): Promise<void> {
    this.server = new EchoServer();
    this.#serverPort = await this.server.listen();
    this.#proxy = await faultProxy({ host: "127.0.0.1", port: this.#serverPort });
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients.splice(0)) socket.destroy();
    await this.proxy.close();
    await this.server.close();
  }

  client(): Client {
    const client = new Client(this.proxy.port);
    this.#clients.push(client);
    return client;
  }

  /** A client whose connection has carried something already. */
  async connected(): Promise<Client> {
    const client = this.client();
    client.send("hello");
    await client.expect("hello");
    client.got = "";
    return client;
  }

  /** Gives whatever else is on its way the time of five round trips through another proxy. */
  async roundTrips(): Promise<void> {
    const other = await faultProxy({ host: "127.0.0.1", port: this.#serverPort });
    const through = new Client(other.port);
    for (const text of [".", "..", "...", "....", "....."]) {
      through.send(".");
      await through.expect(text);
    }
    through.socket.end();
    await until(() => expect(other.connections).toBe(0));
    await other.close();
  }
}

export function usingLine(): Line {
  const line = new Line();
  beforeEach(async () => line.open());
  afterEach(async () => line.close());
  return line;
}
