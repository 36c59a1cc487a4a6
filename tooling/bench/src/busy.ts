/** Whether the machine has something else to do. */

import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const LOOKING_MS = 1_000;
/** With more than that, what is measured is others' doing, too. */
export const MOST_BUSY = 0.2;

interface Times {
  readonly idle: number;
  readonly all: number;
}

/** Share of all processors' time, 0 to 1, that is taken while this process waits: by whoever else there is. */
export async function busyShare(): Promise<number> {
  const before = times();
  await delay(LOOKING_MS);
  const after = times();
  return after.all === before.all ? 0 : 1 - (after.idle - before.idle) / (after.all - before.all);
}

/** Of all processors together, in ms. */
function times(): Times {
  const each = cpus().map((cpu) => cpu.times);
  const idle = each.reduce((sum, one) => sum + one.idle, 0);
  return { idle, all: each.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle) };
}
