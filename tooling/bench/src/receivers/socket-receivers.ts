/** Receivers as Socket.IO has them: a server in each process, and behind it a client for each identity. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { sensor } from "../documents.ts";
import type { Counter } from "./counter.ts";
import type { SocketPlan } from "./plan.ts";

/** Everybody is in it. */
export const ROOM = "everyone";
export const EVENT = "message";

/** Connections that are being made at once. */
const WAVE = 200;

/** A server of a cluster over Redis; its sockets join {@link ROOM} with the metadata of their number. */
export class SocketServer implements AsyncDisposable {
  readonly io: Server;
  readonly #http = createServer();
  readonly #connections: readonly [Redis, Redis];

  constructor(redisUrl: string) {
    this.#connections = [new Redis(redisUrl), new Redis(redisUrl)];
    const adapter = createAdapter(...this.#connections, { requestsTimeout: 60_000 });
    this.io = new Server(this.#http, { adapter, transports: ["websocket"] });
    this.io.on("connection", (socket) => {
      socket.data = sensor(Number(socket.handshake.auth["index"]));
      // Whoever is not in the room is missed by the first multicast.
      Promise.resolve(socket.join(ROOM)).catch(() => socket.disconnect());
    });
  }

  /** Where it listens from now on. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#http.listen(0, "127.0.0.1", resolve);
    });
    const { port } = this.#http.address() as AddressInfo; // It listens on TCP.
    return `http://127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.io.close();
    for (const connection of this.#connections) connection.disconnect();
  }
}

/** Resolves when all clients are connected. Each counts, and acknowledges. */
export async function serveSockets({ redis, share }: SocketPlan, { count }: Counter): Promise<void> {
  const url = await new SocketServer(redis).listen();
  for (let start = share.from; start < share.to; start += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, share.to - start) }, (_, offset) => {
      const auth = { index: start + offset };
      const client = io(url, { transports: ["websocket"], forceNew: true, auth });
      client.on(EVENT, (_payload: string, acknowledge?: () => void) => {
        count();
        acknowledge?.();
      });
      return new Promise<void>((resolve, reject) => {
        client.on("connect", resolve);
        client.on("connect_error", reject);
      });
    });
    await Promise.all(wave);
  }
}
