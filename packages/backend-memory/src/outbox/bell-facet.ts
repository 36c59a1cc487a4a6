/** The bell facet. */

import type { OutboxBellFacet } from "@muster/core/slots";
import type { OutboxAccess } from "./access.ts";

/** What listens is told until it is disposed of, or its client is closed. */
export function bellFacet(access: OutboxAccess): OutboxBellFacet {
  return {
    listen: (ring, call) =>
      access.run("listen", call, ({ bells }) => {
        const listening = bells.listen(access.client.line, () => {
          if (access.client.isOpen) ring();
        });
        return { [Symbol.asyncDispose]: async () => listening[Symbol.dispose]() };
      }),
  };
}
