/** Real servers for a scenario, with nothing on disk: what is compared is Muster with its driver, not with a disk. */

import { obtainServer, type Server } from "@muster/servers";

/** By kind, the version of each server that this process has had so far. */
const versions = new Map<string, string>();

/** @param more arguments for a server that is started here. */
export async function benchServer(kind: Server["kind"], more: readonly string[] = []): Promise<Server> {
  const server = await obtainServer(kind, { persistent: false, arguments: more });
  versions.set(kind, server.version);
  return server;
}

/** Of the servers that {@link benchServer} gave: `{ redis: "7.0.15" }`. */
export function serversUsed(): Readonly<Record<string, string>> {
  return Object.fromEntries([...versions].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
