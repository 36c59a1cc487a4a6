/**
 * Decides whether the reaper may end registrations: after the store was away, or while most of what it counts has
 * expired, those who live are given time to renew first.
 *
 * A pure state machine: the caller brings the time. It always ends by itself, at the latest two holds after it began.
 */

import type { Census } from "../slots/index.ts";

/** While `held`, nothing is reaped; `until` by the caller's clock. */
export interface GuardState {
  readonly held: boolean;
  readonly reason?: "outage" | "mass-expiry";
  readonly until?: number;
}

/** What the reaper tells it and asks it. */
export interface OutageGuard {
  /** The store did not answer. */
  failed(): void;
  /** The store answered with this census. */
  observe(census: Census, now: number): void;
  /** Whether reaping waits, as of `now`. */
  state(now: number): GuardState;
}

/** Where fewer have expired, how many there are does not matter. */
export const MIN_EXPIRED = 20;

interface Hold {
  readonly reason: "outage" | "mass-expiry";
  readonly until: number;
  readonly latest: number;
}

/** @param holdMs how long one cause holds reaping: the longer of the default TTL and the queues' grace. */
export function outageGuard(holdMs: number): OutageGuard {
  let failing = false;
  let hold: Hold | undefined;
  // Set once a mass expiry has been waited for in full: what is expired then is really gone, and is reaped.
  let exhausted = false;

  const begin = (reason: Hold["reason"], now: number): void => {
    hold = { reason, until: now + holdMs, latest: now + 2 * holdMs };
  };

  return {
    failed(): void {
      failing = true;
    },
    observe(census: Census, now: number): void {
      const massive = census.expired >= MIN_EXPIRED && census.expired * 2 > census.counted;
      if (!massive) exhausted = false;
      if (failing) {
        failing = false;
        exhausted = false;
        begin("outage", now);
      } else if (massive && hold !== undefined) {
        hold = { ...hold, until: Math.min(now + holdMs, hold.latest) };
      } else if (massive && !exhausted) {
        begin("mass-expiry", now);
      }
      if (hold !== undefined && now >= hold.until) {
        exhausted = massive;
        hold = undefined;
      }
    },
    state(now: number): GuardState {
      if (failing) return { held: true, reason: "outage" };
      if (hold === undefined || now >= hold.until) return { held: false };
      return { held: true, reason: hold.reason, until: hold.until };
    },
  };
}

/** Epoch ms as of the start of this process: a step of the wall clock neither ends a hold nor prolongs it. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
