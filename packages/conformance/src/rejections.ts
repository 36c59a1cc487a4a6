import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";

const owner = new AsyncLocalStorage<object>();

/**
 * Runs `work`, and gives the reasons of all rejections that nobody handled and that began in it; those that began outside
 * any `work` are everyone's. Never rejects by itself: what `work` throws is what it throws.
 */
export async function catchingRejections(work: () => Promise<void>): Promise<readonly unknown[]> {
  const mine = {};
  const reasons: unknown[] = [];
  const onRejection = (reason: unknown): void => {
    const whose = owner.getStore();
    if (whose === undefined || whose === mine) reasons.push(reason);
  };
  process.on("unhandledRejection", onRejection);
  try {
    await owner.run(mine, work);
    await turn(); // Node tells of a rejection only after the microtasks that might have handled it.
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  return reasons;
}
