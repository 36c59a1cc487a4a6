/** The subjects that the kit's own tests are about: real ones, over the memory backend. */

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
} from "@muster/backend-memory";
import type { RegistryCase } from "../src/case.ts";
import type { MortalProcess, OwnTransaction, Subject, TransactionProbe } from "../src/subject.ts";

/** A hub of its own, with every client a process of its own; everything a subject can arrange is arranged. */
export function memorySubject(): Required<Subject> {
  const hub = memoryHub();
  const probe = memoryProbe();
  return {
    name: "memory",
    takesSteps: [],
    patienceMs: 5_000,
    registry: () => memoryRegistry({ hub }),
    messaging: () => memoryMessaging({ hub }),
    durability: () => memoryDurability({ hub }),
    transactionProbe: probe,
    outbox: () => memoryOutbox({ hub }),
    outboxProbe: { begin: async () => beginIn(probe, { hub }), read: async (key) => probe.read(key) },
    mortal: (): MortalProcess => {
      const faults = memoryFaults();
      return {
        registry: memoryRegistry({ hub, faults }),
        messaging: memoryMessaging({ hub, faults }),
        durability: memoryDurability({ hub, faults }),
        outbox: memoryOutbox({ hub, faults }),
        begin: async () => beginIn(probe, { hub, faults }),
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
        hub.faults.down("store");
        hub.faults.down("broker");
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
        hub.faults.up("store");
        hub.faults.up("broker");
        hub.faults.up("replies");
      },
      keepsData: true,
      async restart(): Promise<void> {
        for (const part of ["store", "broker"] as const) hub.faults.down(part);
        for (const part of ["store", "broker"] as const) hub.faults.up(part);
      },
    },
    close: async () => {},
  };
}

/** Counts what transactions of memory commit. */
function memoryProbe(): TransactionProbe {
  const written = new Map<string, number>();
  return {
    async write(transaction, key): Promise<void> {
      const own = transaction as MemoryTransaction; // The subject's transactions are memory's.
      own.onCommit(() => written.set(key, (written.get(key) ?? 0) + 1));
    },
    read: async (key) => written.get(key) ?? 0,
  };
}

/** A transaction of its own, which the probe counts like those of handlers. */
export async function beginIn(probe: TransactionProbe, options?: MemoryTransactionOptions): Promise<OwnTransaction> {
  const transaction = memoryTransaction(options);
  return {
    transaction,
    write: async (key) => probe.write(transaction, key),
    commit: async () => transaction.commit(),
    rollback: async () => transaction.rollback(),
  };
}

/** A case of the registry slot that passes, with changes. */
export function caseOf(changes: Partial<RegistryCase>): RegistryCase {
  return { id: "registry/test/case", rule: "It holds.", slot: "registry", run: async () => {}, ...changes };
}
