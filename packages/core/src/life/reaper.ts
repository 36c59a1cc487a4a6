/** Ends what has expired, whoever registered it: any process reaps for all of its namespace. */

import type { Timing } from "../context.ts";
import { codedError } from "../call.ts";
import { stampLeftovers } from "./leftovers.ts";
import { type OutageGuard, steadyNow } from "./outage-guard.ts";
import { pause } from "../tasks/retry.ts";
import {
  type Call,
  linkCall,
  type MusterError,
  type ReapClaim,
  type RegistryBackend,
  SESSION_PREFIX,
} from "../slots/index.ts";

/** What a reaper needs. */
export interface ReaperOptions {
  readonly registry: RegistryBackend;
  readonly timing: Timing;
  readonly guard: OutageGuard;
  warn(error: MusterError): void;
}

/** A reaper at work; `stop` resolves when it has stopped. */
export interface Reaper {
  stop(): Promise<void>;
}

const CLAIMS = 500;

/**
 * One pass: claims, carries out and confirms whatever is due, if the guard allows it. A claim is confirmed only after its
 * step is done, so that a crash repeats it.
 *
 * @throws what the registry throws; the guard knows of it.
 */
export async function reapOnce({ registry, timing, guard }: Omit<ReaperOptions, "warn">, call: Call): Promise<void> {
  try {
    guard.observe(await registry.census(call), steadyNow());
    while (!guard.state(steadyNow()).held) {
      const claims = await registry.reap({ limit: CLAIMS, claimMs: timing.claimMs, graceMs: 0 }, call);
      if (claims.length === 0) return;
      for (const claim of claims) await endSession(registry, claim, call);
      await registry.confirmMany(claims, call);
    }
  } catch (cause) {
    const error = codedError(cause, "core.reap");
    if (error.code === "UNAVAILABLE" || error.code === "TIMEOUT") guard.failed();
    throw error;
  }
}

/** Reaps every `reapIntervalMs` ± 20 %, on a timer that keeps nothing alive; warns once per series of failures. */
export function startReaper(options: ReaperOptions): Reaper {
  const closing = new AbortController();
  const running = run(options, { signal: closing.signal });
  return {
    async stop(): Promise<void> {
      closing.abort();
      await running;
    },
  };
}

async function run(options: ReaperOptions, closing: Call): Promise<void> {
  let failing = false;
  while (!closing.signal.aborted) {
    await pause(options.timing.reapIntervalMs * (0.8 + 0.4 * Math.random()), closing);
    if (closing.signal.aborted) return;
    using call = linkCall({ signal: closing.signal }, options.timing.claimMs, "core.reap");
    try {
      await reapOnce(options, call);
      failing = false;
    } catch (cause) {
      if (!failing && !closing.signal.aborted) options.warn(codedError(cause, "core.reap"));
      failing = true;
    }
  }
}

/** A dead session's registrations live on for their TTL from its last renewal; only then may it be forgotten. */
async function endSession(registry: RegistryBackend, { step, registration }: ReapClaim, call: Call): Promise<void> {
  const { identity, expiresAt, ttlMs } = registration;
  if (step !== "expired" || !identity.startsWith(SESSION_PREFIX)) return;
  if (expiresAt === undefined || ttlMs === undefined) return;
  await stampLeftovers(registry, identity.slice(SESSION_PREFIX.length), expiresAt - ttlMs, call);
}
