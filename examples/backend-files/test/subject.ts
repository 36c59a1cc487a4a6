import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { MortalProcess, Subject } from "@muster/conformance";
import { fileRegistry } from "../src/index.ts";

/** The store in a folder, as the conformance kit looks at it. To cut it off, the folder is moved away. */
export function fileSubject(folder: string): Subject {
  const away = `${folder}-away`;
  return {
    name: "files",
    registry: () => fileRegistry({ folder }),
    mortal: () => mortalProcess(folder),
    faults: { cut: async () => rename(folder, away), heal: async () => rename(away, folder) },
  };
}

/** So long without a step, and nothing is going on. */
const IDLE_MS = 100;

/** It dies before a step on the file system: what it has done by then is all it will ever do. */
function mortalProcess(folder: string): MortalProcess {
  let stepsLeft = Number.POSITIVE_INFINITY;
  let isDead = false;
  const beforeStep = async (): Promise<void> => {
    isDead = stepsLeft <= 0;
    stepsLeft -= 1;
    if (isDead) await new Promise(() => {});
  };
  return {
    registry: fileRegistry({ folder, leaseMs: IDLE_MS, beforeStep }),
    async kill(turn): Promise<void> {
      stepsLeft = turn;
      for (let before = -1; !isDead && before !== stepsLeft; await sleep(IDLE_MS)) before = stepsLeft;
      stepsLeft = 0;
    },
  };
}
