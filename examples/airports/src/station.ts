/** One process: the airports it serves, and what they do with a message. */

import type { Fleet, MessageHandler } from "@muster/core";
import type { AirportIdentity } from "./data.ts";
import type { Note } from "./ledger.ts";
import type { Airport } from "./schema.ts";

export interface Station {
  /** Registers them, each with a live receiver. */
  populate(airports: readonly AirportIdentity[], onProgress: (registered: number) => void): Promise<void>;
  /** Drains and ends it. Nothing is received after that. */
  close(): Promise<void>;
}

/** Keeps a note: at once, or together with the acknowledgement where there is a transaction. */
export type Noting<Transaction> = (note: Note, transaction: Transaction | undefined) => void | Promise<void>;

/** Registrations that one process has in flight. */
const BATCH = 100;
/** Several that end at once, on a machine with other work, wait for each other. */
const CLOSE_MS = 60_000;

export class FleetStation<Transaction> implements Station {
  readonly #fleet: Fleet<Airport, Airport, Transaction>;
  readonly #note: Noting<Transaction>;
  readonly #replace: boolean;

  /** @param replace takes over from a life of these airports that nobody has seen end. */
  constructor(fleet: Fleet<Airport, Airport, Transaction>, note: Noting<Transaction>, replace = false) {
    this.#fleet = fleet;
    this.#note = note;
    this.#replace = replace;
  }

  async populate(airports: readonly AirportIdentity[], onProgress: (registered: number) => void): Promise<void> {
    for (let start = 0; start < airports.length; start += BATCH) {
      const batch = airports.slice(start, start + BATCH);
      await Promise.all(batch.map((airport) => this.#register(airport)));
      onProgress(batch.length);
    }
  }

  async close(): Promise<void> {
    await this.#fleet.close({ timeoutMs: CLOSE_MS });
  }

  async #register({ identity, metadata }: AirportIdentity): Promise<void> {
    const onMessage: MessageHandler<Transaction> = (message, { transaction }) =>
      this.#note({ identity, messageId: message.id, text: message.text() }, transaction);
    await this.#fleet.register(identity, metadata, { onMessage, replace: this.#replace });
  }
}
