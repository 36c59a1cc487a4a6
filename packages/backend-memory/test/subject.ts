import type { MortalProcess, OwnTransaction, Subject } from "@muster/conformance";
import {
  memoryDurability,
  memoryFaults,
  memoryHub,
  memoryMessaging,
  memoryOutbox,
  memoryRegistry,
  type MemoryTransaction,
  memoryTransaction,
  type MemoryTransactionOptions,
} from "../src/index.ts";

const hub = memoryHub();
const SERVER = ["store", "broker"] as const;
/** How often transactions have written each key. */
const written = new Map<string, number>();

function write(transaction: MemoryTransaction, key: string): void {
  transaction.onCommit(() => written.set(key, (written.get(key) ?? 0) + 1));
}

async function beginIn(options: MemoryTransactionOptions): Promise<OwnTransaction> {
  const transaction = memoryTransaction(options);
  return {
    transaction,
    write: async (key) => write(transaction, key),
    commit: async () => transaction.commit(),
    rollback: async () => transaction.rollback(),
  };
}

/** One hub, as the conformance kit looks at it. */
export const subject: Subject = {
  name: "memory",
  registry: () => memoryRegistry({ hub }),
  messaging: () => memoryMessaging({ hub }),
  durability: () => memoryDurability({ hub }),
  transactionProbe: {
    write: async (transaction, key) => write(transaction as MemoryTransaction, key), // It only ever gets those of its own subject.
    read: async (key) => written.get(key) ?? 0,
  },
  outbox: () => memoryOutbox({ hub }),
  outboxProbe: {
    begin: async () => beginIn({ hub }),
    read: async (key) => written.get(key) ?? 0,
  },
  mortal: (): MortalProcess => {
    const faults = memoryFaults();
    return {
      registry: memoryRegistry({ hub, faults }),
      messaging: memoryMessaging({ hub, faults }),
      durability: memoryDurability({ hub, faults }),
      outbox: memoryOutbox({ hub, faults }),
      begin: async () => beginIn({ hub, faults }),
      async kill(turn): Promise<void> {
        for (let left = turn; left > 0; left -= 1) await Promise.resolve();
        faults.stop();
      },
      freeze: async () => faults.freeze(),
      thaw: async () => faults.thaw(),
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
