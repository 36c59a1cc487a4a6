/** Signs of life for registrations that have an expiry of their own. Session-bound ones need none. */

import { codedError } from "../call.ts";
import type { Host } from "../host.ts";
import { backoffMs } from "../tasks/retry.ts";
import type { Served } from "./served.ts";
import { isMusterError, type LeaseOutcome } from "../slots/index.ts";

/** Plans the next step in a live registration's life: its renewal or, where only its owner renews it, its end. */
export function keepAlive(host: Host, served: Served): void {
  served.forget();
  const { ttlMs, renew } = served.options;
  if (served.deadline === Number.POSITIVE_INFINITY || ttlMs === undefined) return;
  if (renew === "manual") {
    served.due = host.agenda.after(served.deadline - performance.now(), () => host.lose(served, "expired"));
    return;
  }
  renewAfter(host, served, ttlMs / 3, 0);
}

/** Takes note of a renewal that was sent at `sentAt` (monotonic). Whether the registration still lives. */
export function noteRenewal(host: Host, served: Served, outcome: LeaseOutcome, sentAt: number): boolean {
  if (outcome === "fenced" || outcome === "absent") {
    host.lose(served, outcome === "fenced" ? "fenced" : "expired");
    return false;
  }
  const { ttlMs } = served.options;
  if (outcome !== "never" && ttlMs !== undefined) {
    served.deadline = Math.max(served.deadline, sentAt + ttlMs);
    keepAlive(host, served);
  }
  return true;
}

function renewAfter(host: Host, served: Served, delayMs: number, tries: number): void {
  served.due = host.agenda.after(delayMs, () => {
    renewOnce(host, served, tries).catch((cause: unknown) => host.warn(codedError(cause, "core.renew")));
  });
}

/** Shares its batch with all that are due now. */
async function renewOnce(host: Host, served: Served, tries: number): Promise<void> {
  const { identity } = served.options;
  const { epoch } = served;
  const isCurrent = (): boolean => served.state === "live" && served.epoch === epoch;
  if (!isCurrent()) return;
  const sentAt = performance.now();
  try {
    const outcome = await host.batches.leases.submit({ identity, epoch });
    if (isCurrent()) noteRenewal(host, served, outcome, sentAt);
  } catch (error) {
    if (!isCurrent() || isMusterError(error, "CLOSED")) return;
    const left = served.deadline - performance.now();
    if (left <= 0) host.lose(served, "expired");
    else renewAfter(host, served, Math.min(left, backoffMs(tries)), tries + 1);
  }
}
