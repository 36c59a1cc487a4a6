/** A process that relays and does nothing else. `argv`: the database's URL, the namespace, how long its leases are in ms. */

import process from "node:process";
import { postgresDurability, postgresOutbox, postgresRegistry } from "@muster/backend-postgres";
import { openRegistry } from "@muster/core";

const [url = "", namespace = "", relayLeaseMs = ""] = process.argv.slice(2);
const options = { url, maxConnections: 4 };
process.once("disconnect", () => process.exit()); // Whoever watched has gone.
await openRegistry({
  namespace,
  registry: postgresRegistry(options),
  durability: postgresDurability(options),
  outbox: postgresOutbox(options),
  timing: { relayLeaseMs: Number(relayLeaseMs), relayPollMs: 200 },
});
process.send?.("ready");
