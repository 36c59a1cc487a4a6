/** One client of the proxy, and the connection to the server that was made for it. */

import type { Socket } from "node:net";
import { type Flow, Pipe } from "./pipe.ts";

export interface Conditions {
  readonly toServer: Flow;
  readonly toClient: Flow;
  /** How much later everything arrives. */
  readonly delayMs: number;
}

export interface ConnectionEvents {
  onRequest(connection: Connection, chunk: Uint8Array): void;
  onReply(connection: Connection): void;
  /** Both of its sockets are closed. */
  onClosed(connection: Connection): void;
}

export class Connection {
  readonly #sockets: readonly [client: Socket, server: Socket];
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;
  #conditions: Conditions;
  /** A side has broken off while the other could not be told. */
  #isBroken = false;

  constructor(client: Socket, server: Socket, conditions: Conditions, events: ConnectionEvents) {
    this.#sockets = [client, server];
    this.#conditions = conditions;
    this.#toServer = new Pipe(client, server, (chunk) => events.onRequest(this, chunk));
    this.#toClient = new Pipe(server, client, () => events.onReply(this));
    for (const socket of this.#sockets) {
      socket.on("error", () => undefined); // Followed by "close", which tells of it.
      socket.on("close", (hadError) => {
        if (hadError) this.#break();
        if (this.#sockets.every(({ closed }) => closed)) events.onClosed(this);
      });
    }
    this.#apply();
  }

  get isOpen(): boolean {
    return this.#sockets.every(({ destroyed }) => !destroyed);
  }

  /** Bytes that were lost can't be followed by others: where any were, a change resets the connection. */
  set(conditions: Conditions): void {
    this.#conditions = conditions;
    if (this.#isBroken || this.#toServer.hasLost || this.#toClient.hasLost) this.reset();
    else this.#apply();
  }

  reset(): void {
    this.#toServer.stop();
    this.#toClient.stop();
    for (const socket of this.#sockets) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  #apply(): void {
    const { toServer, toClient, delayMs } = this.#conditions;
    this.#toServer.set(toServer, delayMs);
    this.#toClient.set(toClient, delayMs);
  }

  #break(): void {
    const { toServer, toClient } = this.#conditions;
    this.#isBroken = true;
    if (toServer === "pass" && toClient === "pass") this.reset();
  }
}
