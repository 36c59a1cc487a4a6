/** A process to be frozen: `serving-process.ts <Redis URL> <namespace>` serves `victim` and tells of all it handles. */

import { type Fleet, openRegistry } from "@muster/core";
import { redisMessaging, redisRegistry } from "../../src/index.ts";

/** What it tells its parent. */
export type Told =
  | { readonly told: "serving"; readonly epoch: number }
  | { readonly told: "handled"; readonly text: string; readonly live: boolean };

function tell(told: Told): void {
  if (process.connected) process.send?.(told);
}

async function serve(url: string, namespace: string): Promise<void> {
  const slots = { registry: redisRegistry({ url }), messaging: redisMessaging({ url }) };
  const fleet: Fleet = await openRegistry({
    ...slots,
    namespace,
    timing: { sessionLeaseMs: 3_000, ttlMs: 8_000 },
    onWarning: () => {},
  });
  const handle = await fleet.register(
    "victim",
    {},
    {
      onMessage: (message) => tell({ told: "handled", text: message.text(), live: fleet.status().session.live }),
    },
  );
  handle.on("restored", ({ epoch }) => tell({ told: "serving", epoch }));
  tell({ told: "serving", epoch: handle.epoch });
  process.once("disconnect", () => process.exit());
}

const [url, namespace] = process.argv.slice(2);
if (url !== undefined && namespace !== undefined && process.send !== undefined) await serve(url, namespace);
