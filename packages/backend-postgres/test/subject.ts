import type { Subject } from "@muster/conformance";
import {
  postgresDurability,
  postgresMessaging,
  type PostgresOptions,
  postgresOutbox,
  postgresRegistry,
} from "../src/index.ts";
import { notesIn, ownTransactionsIn } from "./notes.ts";

/** As the server knows the connections of processes that die; their id follows. */
export const MORTAL = "muster mortal ";

/** @public Clients and nothing else: for those processes of the kit that die, which import this module. */
export function subject({ url }: { readonly url: string }): Subject {
  const own = clients({ url: `${url}?application_name=${encodeURIComponent(MORTAL + process.pid)}` });
  return { ...own, transactionProbe: notesIn(url), outboxProbe: ownTransactionsIn(url) };
}

export function clients(options: PostgresOptions): Subject {
  return {
    name: "postgres",
    registry: () => postgresRegistry(options),
    messaging: () => postgresMessaging(options),
    durability: () => postgresDurability(options),
    outbox: () => postgresOutbox(options),
  };
}
