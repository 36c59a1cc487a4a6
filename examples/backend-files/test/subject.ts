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

/** So long without a step, and it isn't doing anything, or waits for somebody else. */
const IDLE_MS = 100;

/** Its clients stop for good before a step on the file system: what they have done by then is all they will ever do. */
function mortalProcess(folder: string): MortalProcess {
  let stepsLeft = Number.POSITIVE_INFINITY;
  let isDead = false;
  const beforeStep = async (): Promise<void> => {
    isDead = stepsLeft <= 0;
    if (isDead) throw new Error("this process is dead");
    stepsLeft -= 1;
  };
  return {
    registry: fileRegistry({ folder, beforeStep }),
    async kill(turn): Promise<void> {
      stepsLeft = turn;
      for (let before = -1; !isDead && before !== stepsLeft; await sleep(IDLE_MS)) before = stepsLeft;
      stepsLeft = 0;
    },
  };
}
