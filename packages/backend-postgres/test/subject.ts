import type { Subject } from "@muster/conformance";
import { postgresMessaging, type PostgresOptions, postgresRegistry } from "../src/index.ts";

/** As the server knows the connections of processes that die; their id follows. */
export const MORTAL = "muster mortal ";

/** @public Clients and nothing else: for those processes of the kit that die, which import this module. */
export function subject({ url }: { readonly url: string }): Subject {
  return clients({ url: `${url}?application_name=${encodeURIComponent(MORTAL + process.pid)}` });
}

export function clients(options: PostgresOptions): Subject {
  return { name: "postgres", registry: () => postgresRegistry(options), messaging: () => postgresMessaging(options) };
}
