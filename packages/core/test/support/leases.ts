/** Leases short enough to wait for their end, and what keeps one from ending well. */

import { setTimeout as delay } from "node:timers/promises";
import { type DurabilityBackend, MusterError } from "../../src/slots/index.ts";
import { interposed } from "./interposed.ts";

interface LeaseTiming {
  readonly handlerLeaseMs: number;
  readonly pollIntervalMs: number;
}

export const SHORT_LEASE: LeaseTiming = { handlerLeaseMs: 150, pollIntervalMs: 50 };
/** Long enough for a process that has little time to extend it. */
export const FAIR_LEASE: LeaseTiming = { handlerLeaseMs: 750, pollIntervalMs: 50 };
export const AWAY: MusterError = new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });

/** Whatever was leased before this is not any more, unless it was extended. */
export async function leaseIsOver(): Promise<void> {
  await delay(1.5 * SHORT_LEASE.handlerLeaseMs);
}

/** Its queues answer nothing any more, from when it is told so until it is told otherwise; the registry answers. */
export function silent(isSilent: () => boolean): (plain: DurabilityBackend) => DurabilityBackend {
  const away = async (): Promise<never> => {
    throw AWAY;
  };
  return (plain) =>
    interposed(plain, {
      extendMany: (original) => (receipts, leaseMs, call) => (isSilent() ? away() : original(receipts, leaseMs, call)),
      settleMany: (original) => (settlements, call) => (isSilent() ? away() : original(settlements, call)),
      dequeue: (original) => (session, options, call) => (isSilent() ? away() : original(session, options, call)),
    });
}
