/** A process to be frozen: `serving-process.ts <Redis URL> <namespace>` serves `victim` and tells of all it handles. */

import { setTimeout as delay } from "node:timers/promises";
import { type Fleet, openRegistry } from "@muster/core";
import { redisMessaging, redisRegistry } from "../../src/index.ts";

/** What it tells its parent. */
export type Told =
  | { readonly told: "serving"; readonly epoch: number }
  | { readonly told: "handled"; readonly text: string };

/** What is sent right behind a message has arrived by then. */
const ARRIVAL_MS = 300;
const BUSY_MS = 1_500;

function tell(told: Told): void {
  if (process.connected) process.send?.(told);
}

/** `busy` keeps it from everything else for so long that it is frozen in the middle of that. */
async function work(text: string): Promise<void> {
  if (text === "busy") await delay(ARRIVAL_MS);
  tell({ told: "handled", text });
  if (text === "busy") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
}

async function serve(url: string, namespace: string): Promise<void> {
  const slots = { registry: redisRegistry({ url }), messaging: redisMessaging({ url }) };
  const fleet: Fleet = await openRegistry({
    ...slots,
    namespace,
    timing: { sessionLeaseMs: 3_000, ttlMs: 8_000 },
    onWarning: () => {},
  });
  const handle = await fleet.register("victim", {}, { onMessage: (message) => work(message.text()) });
  handle.on("restored", ({ epoch }) => tell({ told: "serving", epoch }));
  tell({ told: "serving", epoch: handle.epoch });
  process.once("disconnect", () => process.exit());
}

const [url, namespace] = process.argv.slice(2);
if (url !== undefined && namespace !== undefined && process.send !== undefined) await serve(url, namespace);
