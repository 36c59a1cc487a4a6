/** Real servers for a scenario, with nothing on disk: what is compared is Muster with its driver, not with a disk. */

import { obtainServer, type Server } from "@muster/servers";

/** @param more arguments for a server that is started here. */
export async function benchServer(kind: Server["kind"], more: readonly string[] = []): Promise<Server> {
  return await obtainServer(kind, { persistent: false, arguments: more });
}
