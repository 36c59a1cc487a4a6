/**
 * Writes messages as the bytes that go to the server, many of them to a buffer. The driver's own `publish` makes three
 * buffers and a turn of its outbox of each message, which with headers costs as much again as all the rest.
 *
 * Protocol: `PUB subject bytes` or `HPUB subject header-bytes total-bytes`, a line end, headers, body, a line end.
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */

import type { NatsConnection } from "@nats-io/transport-node";

const CHUNK_BYTES = 65_536;
const CR = 13;
const LF = 10;

/** What of the driver takes bytes as they are: there in every 3.x, but not in the type of a connection. */
export interface Outlet {
  /** Copies what it is given before the next turn, or as soon as it has enough. */
  sendCommand(command: Uint8Array): void;
}

/** `undefined`: the connection is of a driver without one. */
export function outletOf(connection: NatsConnection): Outlet | undefined {
  const { protocol } = connection as { protocol?: Partial<Outlet> };
  return typeof protocol?.sendCommand === "function" ? (protocol as Outlet) : undefined; // Just checked.
}

/** For one turn: its last chunk leaves with {@link end}. */
export class Writer {
  readonly #outlet: Outlet;
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #from = 0;
  #to = 0;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** `subject` and `headers` are ASCII. */
  write(subject: string, headers: string, body: Uint8Array): void {
    const bytes = headers.length + body.length;
    const command =
      headers === "" ? `PUB ${subject} ${bytes}\r\n` : `HPUB ${subject} ${headers.length} ${bytes}\r\n${headers}`;
    this.#makeRoom(command.length + body.length + 2);
    const chunk = this.#chunk;
    const from = this.#to + chunk.write(command, this.#to, "latin1");
    const to = from + body.length;
    chunk.set(body, from);
    chunk[to] = CR;
    chunk[to + 1] = LF;
    this.#to = to + 2;
  }

  end(): void {
    if (this.#to > this.#from) this.#outlet.sendCommand(this.#chunk.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#chunk.length) return;
    this.end();
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.#from = 0;
    this.#to = 0;
  }
}
