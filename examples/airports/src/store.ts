/** What the processes of the demo share, and how each of them joins in. */

import { fileURLToPath } from "node:url";
import {
  type MemoryTransaction,
  memoryDurability,
  memoryHub,
  memoryMessaging,
  memoryRegistry,
} from "@muster/backend-memory";
import { type DeliveryGuarantee, type Fleet, openRegistry } from "@muster/core";
import type { Ledger } from "./ledger.ts";
import type { MortalStation } from "./mortal-station.ts";
import type { Options } from "./options.ts";
import { type Airport, airportSchema } from "./schema.ts";
import { FleetStation, type Station } from "./station.ts";

/** An operator's process: enumerates and multicasts. */
export type Tower = Fleet<Airport>;

export interface Store extends AsyncDisposable {
  /** As people call it. */
  readonly title: string;
  openTower(): Promise<Tower>;
  openStation(ledger: Ledger): Promise<Station>;
  /** One that is a process of its own; absent where the store would die with it. */
  readonly openMortalStation?: (ledger: Ledger) => Promise<MortalStation>;
  /** Puts what receivers have noted in the store itself into the ledger. */
  collect(messageId: string, ledger: Ledger): Promise<void>;
}

/** @throws MissingServerError when a PostgreSQL is to be started and there is none. */
export async function openStore({
  store,
  delivery,
  processes,
}: Pick<Options, "store" | "delivery" | "processes">): Promise<Store> {
  if (store === "memory") return memoryStore(delivery);
  if (store === "file" || (store instanceof URL && store.protocol === "file:")) {
    const { openSqliteStore } = await import("./sqlite-store.ts");
    return openSqliteStore(store === "file" ? undefined : fileURLToPath(store), { delivery });
  }
  const { openPostgresStore } = await import("./postgres-store.ts"); // Nobody else waits for its driver to load.
  return await openPostgresStore(store === "postgres" ? undefined : store.href, { delivery, processes });
}

/** Every process is a client of its own: nothing but the hub, here in the place of servers, is shared. */
function memoryStore(delivery: DeliveryGuarantee): Store {
  const hub = memoryHub();
  const open = async (): Promise<Fleet<Airport, Airport, MemoryTransaction>> =>
    openRegistry({
      namespace: "airports",
      schema: airportSchema,
      registry: memoryRegistry({ hub }),
      messaging: memoryMessaging({ hub }),
      ...(delivery === "at-most-once" ? {} : { durability: memoryDurability({ hub }) }),
      delivery,
    });
  return {
    title: "memory",
    openTower: open,
    openStation: async (ledger) =>
      new FleetStation(await open(), (note, transaction) => {
        if (transaction === undefined) ledger.record(note);
        else transaction.onCommit(() => ledger.record(note));
      }),
    collect: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
