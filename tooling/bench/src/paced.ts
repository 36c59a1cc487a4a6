/** How long messages take to their handlers while a broker is far from busy. */

import { setTimeout as delay } from "node:timers/promises";
import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { openRegistry } from "@muster/core";
import { PATIENT } from "./fleets.ts";
import { messagingAt } from "./receivers/places.ts";
import type { BrokerPlace } from "./receivers/plan.ts";
import { type Row, rowOf } from "./scenario.ts";
import { quantile } from "./statistics.ts";
import { identityOf } from "./store.ts";

const RECIPIENTS = 100;
const MULTICASTS = 200;

/** Multicasts at a tenth of `perSecond` messages: each leaves when it is due, and what it had to wait counts. */
export async function pacedArrivals(broker: BrokerPlace, perSecond: number): Promise<readonly Row[]> {
  const hub = memoryHub();
  const open = (): ReturnType<typeof openRegistry> =>
    openRegistry({
      namespace: "paced",
      registry: memoryRegistry({ hub }),
      messaging: messagingAt(broker),
      timing: PATIENT,
    });
  await using sender = await open();
  await using receiver = await open();
  const tookMs: number[] = [];
  let everyone = (): void => {};
  const complete = new Promise<void>((resolve) => {
    everyone = resolve;
  });
  const onMessage = (message: { text(): string }): void => {
    tookMs.push(performance.now() - Number(message.text()));
    if (tookMs.length === RECIPIENTS * MULTICASTS) everyone();
  };
  const registering = Array.from({ length: RECIPIENTS }, (_, index) =>
    receiver.register(identityOf(index), {}, { onMessage, address: `own-${identityOf(index)}` }),
  );
  await Promise.all(registering);
  const intervalMs = (10 * 1_000 * RECIPIENTS) / perSecond;
  const start = performance.now();
  const sending: Promise<unknown>[] = [];
  for (let index = 0; index < MULTICASTS; index += 1) {
    const due = start + index * intervalMs;
    await delay(Math.max(0, due - performance.now()));
    sending.push(sender.multicast(null, String(due), { delivery: "at-most-once" }));
  }
  await Promise.all(sending);
  await complete;
  return [0.5, 0.99].map((share) =>
    rowOf(`${share * 100} % of messages at a tenth of that speed, handled within`, "ms", [quantile(tookMs, share)]),
  );
}
