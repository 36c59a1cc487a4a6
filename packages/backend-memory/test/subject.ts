import type { MortalProcess, Subject } from "@muster/conformance";
import { memoryFaults, memoryHub, memoryMessaging, memoryRegistry } from "../src/index.ts";

const hub = memoryHub();
const SERVER = ["store", "broker"] as const;

/** One hub, as the conformance kit looks at it. */
export const subject: Subject = {
  name: "memory",
  registry: () => memoryRegistry({ hub }),
  messaging: () => memoryMessaging({ hub }),
  mortal: (): MortalProcess => {
    const faults = memoryFaults();
    return {
      registry: memoryRegistry({ hub, faults }),
      messaging: memoryMessaging({ hub, faults }),
      async kill(turn): Promise<void> {
        for (let left = turn; left > 0; left -= 1) await Promise.resolve();
        faults.stop();
      },
    };
  },
  faults: {
    async cut(): Promise<void> {
      for (const part of SERVER) hub.faults.down(part);
    },
    async dropReplies(): Promise<void> {
      hub.faults.down("replies");
    },
    async freeze(): Promise<void> {
      hub.faults.freeze();
    },
    async thaw(): Promise<void> {
      hub.faults.thaw();
    },
    async heal(): Promise<void> {
      hub.faults.thaw();
      for (const part of [...SERVER, "replies"] as const) hub.faults.up(part);
    },
    keepsData: true,
    async restart(): Promise<void> {
      for (const part of SERVER) hub.faults.down(part);
      for (const part of SERVER) hub.faults.up(part);
    },
  },
};
