/** What an object must have to fill a slot. */

import type { Violation } from "./slots/index.ts";

const METHODS = {
  registry: [
    "open",
    "close",
    "setMany",
    "getMany",
    "renewMany",
    "deleteMany",
    "scan",
    "scanRoutes",
    "reap",
    "confirmMany",
    "census",
  ],
  messaging: ["open", "close", "publishMany", "openInbox"],
  durability: [
    "open",
    "close",
    "enqueueMany",
    "attachMany",
    "detachMany",
    "dequeue",
    "settleMany",
    "extendMany",
    "dropMany",
    "sweep",
  ],
  outbox: [
    "open",
    "close",
    "record",
    "leaseShards",
    "releaseShards",
    "take",
    "settleMany",
    "backlog",
    "find",
    "counts",
    "deliveries",
    "sweep",
  ],
} as const;

/** Adds what is wrong with the value that is to fill it. */
export function checkSlot(value: unknown, slot: keyof typeof METHODS, violations: Violation[]): void {
  const methods = METHODS[slot];
  const isObject = typeof value === "object" && value !== null;
  const missing = isObject ? methods.filter((method) => typeof Reflect.get(value, method) !== "function") : methods;
  if (missing.length === 0) return;
  const name = slot.charAt(0).toUpperCase() + slot.slice(1);
  const message = isObject ? `lacks ${missing.join(", ")}` : `must be a ${slot} backend, such as memory${name}()`;
  violations.push({ path: slot, message });
}
