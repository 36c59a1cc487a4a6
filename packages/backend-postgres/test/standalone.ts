/** One server, as the conformance kit looks at it: through a proxy that can break the line. */

import type { Subject } from "@muster/conformance";
import { faultProxy, serverFaults } from "@muster/conformance/faults";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { Server } from "@muster/servers";
import { compile } from "@muster/testing/compile";
import type { PostgresByHost } from "../src/index.ts";
import { withDepartures } from "./departed.ts";
import { makeNotes, notesIn, ownTransactionsIn } from "./notes.ts";
import { clients } from "./subject.ts";

/** Where a server of the tests lets everybody in. */
export function optionsOf({ host, port }: { readonly host: string; readonly port: number }): PostgresByHost {
  return { host, port, user: "postgres", database: "postgres", maxConnections: 4 };
}

export async function standalone(server: Server): Promise<Subject> {
  const { host, port, url, control } = server;
  const proxy = await faultProxy({ host, port });
  const faults = serverFaults({ proxies: [proxy], controls: [control], keepsData: true });
  await makeNotes(`${url}/postgres`);
  const probes = {
    transactionProbe: notesIn(`${url}/postgres`),
    outboxProbe: ownTransactionsIn(`${url}/postgres`),
  };
  const whole = { ...clients(optionsOf(proxy)), ...probes, faults, close: async () => proxy.close() };
  const args = [{ url: `${url}/postgres` }];
  const mortal = withMortalProcesses(whole, new URL("./subject.ts", import.meta.url), { args, compile });
  return withDepartures(mortal, optionsOf(server));
}
