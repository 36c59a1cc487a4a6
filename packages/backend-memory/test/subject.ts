import type { MortalProcess, Subject } from "@muster/conformance";
import {
  memoryDurability,
  memoryFaults,
  memoryHub,
  memoryMessaging,
  memoryRegistry,
  type MemoryTransaction,
} from "../src/index.ts";

const hub = memoryHub();
const SERVER = ["store", "broker"] as const;
/** How often transactions have written each key. */
const written = new Map<string, number>();

/** One hub, as the conformance kit looks at it. */
export const subject: Subject = {
  name: "memory",
  registry: () => memoryRegistry({ hub }),
  messaging: () => memoryMessaging({ hub }),
  durability: () => memoryDurability({ hub }),
  transactionProbe: {
    async write(transaction, key): Promise<void> {
      const own = transaction as MemoryTransaction; // It only ever gets those of its own subject.
      own.onCommit(() => written.set(key, (written.get(key) ?? 0) + 1));
    },
    read: async (key) => written.get(key) ?? 0,
  },
  mortal: (): MortalProcess => {
    const faults = memoryFaults();
    return {
      registry: memoryRegistry({ hub, faults }),
      messaging: memoryMessaging({ hub, faults }),
      durability: memoryDurability({ hub, faults }),
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
