import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";

/** What belongs to one `work`: the reasons of its rejections so far. */
type Reasons = unknown[];

const owner = new AsyncLocalStorage<Reasons>();
/** Process-wide, as the event is: one listener for all, however many run beside each other. */
const running = new Set<Reasons>();

/**
 * Runs `work`, and gives the reasons of all rejections that nobody handled and that began in it; those that began outside
 * any `work` are everyone's. Rejects only with what `work` rejects with.
 */
export async function catchingRejections(work: () => Promise<void>): Promise<readonly unknown[]> {
  const mine: Reasons = [];
  if (running.size === 0) process.on("unhandledRejection", tell);
  running.add(mine);
  try {
    await owner.run(mine, work);
    await turn(); // Node tells of a rejection only after the microtasks that might have handled it.
  } finally {
    running.delete(mine);
    if (running.size === 0) process.off("unhandledRejection", tell);
  }
  return mine;
}

function tell(reason: unknown): void {
  const whose = owner.getStore();
  for (const reasons of running) if (whose === undefined || whose === reasons) reasons.push(reason);
}
