import type { Duplex } from "node:stream";

/**
 * The driver writes each message by itself, and each costs a call of the system here and a packet for the server to be
 * woken by. What is published in one turn of the event loop leaves in a few pieces instead.
 */
export class Outlet {
  readonly #socket: Duplex | undefined;
  #isGathering = false;

  /** Without a socket nothing is gathered. */
  constructor(socket: Duplex | undefined) {
    this.#socket = socket;
  }

  /** To be called behind each message. */
  gather(): void {
    if (this.#isGathering || this.#socket === undefined) return;
    this.#isGathering = true;
    this.#socket.cork();
    // A tick after it was given the first message the driver asks for its turn, in which it writes; this is behind it.
    process.nextTick(() => setImmediate(() => this.#release()));
  }

  #release(): void {
    this.#isGathering = false;
    this.#socket?.uncork();
  }
}
