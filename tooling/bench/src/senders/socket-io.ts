/** A Socket.IO server without clients of its own, in a cluster over Redis with those that have them. */

import type { Sensor } from "../documents.ts";
import { handWritten } from "../predicates.ts";
import { Crew } from "../receivers/crew.ts";
import { socketPlans } from "../receivers/sharing.ts";
import { EVENT, ROOM, SocketServer } from "../receivers/socket-receivers.ts";
import type { Contender } from "../rounds.ts";

const TIMEOUT_MS = 60_000;

export class SocketIo implements Contender, AsyncDisposable {
  readonly name = "Socket.IO, emitWithAck";
  readonly #server: SocketServer;
  readonly #crew: Crew;
  readonly #payload: string;

  private constructor(server: SocketServer, crew: Crew, payload: string) {
    this.#server = server;
    this.#crew = crew;
    this.#payload = payload;
  }

  static async open(redisUrl: string, size: number, payload: string): Promise<SocketIo> {
    const crew = await Crew.start(socketPlans(redisUrl, size));
    return new SocketIo(new SocketServer(redisUrl), crew, payload);
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await this.#server.io.to(ROOM).timeout(TIMEOUT_MS).emitWithAck(EVENT, this.#payload);
    return `${await everyone} received`;
  }

  /** Everybody is fetched, and filtered here. */
  get finding(): Contender {
    return {
      name: "Socket.IO, fetchSockets",
      run: async () => {
        const sockets = await this.#server.io.in(ROOM).fetchSockets();
        return sockets.filter(({ data }) => handWritten(data as Sensor)).length; // As `SocketServer` has set it.
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#crew[Symbol.asyncDispose]();
  }
}
