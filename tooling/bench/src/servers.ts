/** Real servers for a scenario, with nothing on disk: what is compared is Muster with its driver, not with a disk. */

import { obtainServer, type Server } from "@muster/servers";

export async function benchServer(kind: Server["kind"]): Promise<Server> {
  return await obtainServer(kind, { persistent: false });
}
