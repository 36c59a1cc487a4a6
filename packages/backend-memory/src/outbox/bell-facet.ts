/** The bell facet. */

import type { OutboxBellFacet } from "@muster/core/slots";
import type { OutboxAccess } from "./access.ts";

/** What listens is told until it is disposed of, or its client is closed. */
export function bellFacet(access: OutboxAccess): OutboxBellFacet {
  return {
    listen: (ring, call) =>
      access.run("listen", call, ({ bells }) => {
        const listening = bells.listen(access.client.line, ring);
        access.listening.add(listening);
        return {
          async [Symbol.asyncDispose](): Promise<void> {
            access.listening.delete(listening);
            listening[Symbol.dispose]();
          },
        };
      }),
  };
}
