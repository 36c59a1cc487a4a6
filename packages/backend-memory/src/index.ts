/** Muster in one process: the embedded default, the test double, and the readable specification of the slots. */

export { type MemoryDurabilityOptions, memoryDurability } from "./durability.ts";
export { type FaultyPart, type MemoryFaults, memoryFaults } from "./faults.ts";
export { type MemoryHub, type MemoryHubOptions, memoryHub } from "./hub.ts";
export { type MemoryMessagingOptions, memoryMessaging } from "./messaging.ts";
export { type MemoryRegistryOptions, memoryRegistry } from "./registry.ts";
export { type MemoryOutboxOptions, memoryOutbox } from "./outbox.ts";
export { memoryTransaction, type MemoryTransactionOptions, type OwnMemoryTransaction } from "./own-transaction.ts";
export type { MemoryTransaction } from "./transaction.ts";
