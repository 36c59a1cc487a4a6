/** The demo on a PostgreSQL: one of its own, or one that runs already. */

import { randomBytes } from "node:crypto";
import { obtainServer } from "@muster/servers";
import { Pool } from "pg";
import type { Ledger } from "./ledger.ts";
import { MortalStation } from "./mortal-station.ts";
import type { Options } from "./options.ts";
import { createNotes, noteIn, openPostgresFleet, type Place, selectNotes } from "./postgres-slots.ts";
import { FleetStation, type Station } from "./station.ts";
import type { Store, Tower } from "./store.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const MAX_DROPS = 20;
/** Beside the one with which each process listens. */
const SPARE_CONNECTIONS = 12;

/** @param url `undefined`: starts one. @throws MissingServerError */
export async function openPostgresStore(
  url: string | undefined,
  { delivery, processes }: Pick<Options, "delivery" | "processes">,
): Promise<Store> {
  // Somebody's own may have other visitors: whatever is made there lies in a schema that goes with the demo.
  const place: Place = { schemaName: `airports_${randomBytes(6).toString("hex")}`, delivery };
  if (url !== undefined) return new PostgresStore(url, place, processes, undefined);
  const server = await obtainServer("postgres");
  return new PostgresStore(server.url, place, processes, server);
}

class PostgresStore implements Store {
  readonly title = "PostgreSQL";
  readonly #url: string;
  readonly #place: Place;
  readonly #pool: Pool;
  readonly #server: AsyncDisposable | undefined;
  readonly #onSignal = (): void => void this.#drop().finally(() => process.exit(130));

  constructor(url: string, place: Place, processes: number, server: AsyncDisposable | undefined) {
    this.#url = url;
    this.#place = place;
    this.#server = server;
    this.#pool = new Pool({ connectionString: url, max: processes + SPARE_CONNECTIONS });
    this.#pool.on("error", () => undefined); // Whoever uses the connection next is told.
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  async openTower(): Promise<Tower> {
    // Of its own: whoever sends should not wait behind thousands of handlers.
    const tower = await openPostgresFleet({ url: this.#url, maxConnections: 4 }, this.#place);
    await this.#pool.query(createNotes(this.#place)); // Only now is the schema there.
    return tower;
  }

  async openStation(ledger: Ledger): Promise<Station> {
    const fleet = await openPostgresFleet({ pool: this.#pool }, this.#place);
    return new FleetStation(fleet, async (note, transaction) => {
      if (transaction === undefined) ledger.record(note);
      else await noteIn(transaction, this.#place, note);
    });
  }

  async openMortalStation(ledger: Ledger): Promise<MortalStation> {
    return await MortalStation.open({ url: this.#url, ...this.#place }, ledger);
  }

  async collect(messageId: string, ledger: Ledger): Promise<void> {
    const { rows } = await this.#pool.query<{ identity: string; text: string }>(selectNotes(this.#place), [messageId]);
    for (const { identity, text } of rows) ledger.record({ identity, messageId, text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    await this.#drop();
    await this.#pool.end();
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Who is interrupted is still at work: the server may take them for the victims, or this. */
  async #drop(): Promise<void> {
    for (let tries = 0; tries < MAX_DROPS; tries += 1) {
      try {
        await this.#pool.query(`drop schema if exists ${this.#place.schemaName} cascade`);
        return;
      } catch (error) {
        if (!isDeadlock(error)) return; // Where nobody could connect there is nothing to drop.
      }
    }
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "40P01";
}
