/** Ends what has expired, whoever registered it: any process reaps for all of its namespace. */

import type { Timing } from "../timing.ts";
import { codedError } from "../call.ts";
import { stampLeftovers } from "./leftovers.ts";
import { MIN_EXPIRED, type OutageGuard, steadyNow } from "./outage-guard.ts";
import { pause } from "../tasks/retry.ts";
import {
  type Call,
  type DurabilityBackend,
  linkCall,
  type MusterError,
  type OutboxBackend,
  type ReapClaim,
  type RegistryBackend,
  SESSION_PREFIX,
} from "../slots/index.ts";

/** What a reaper needs. */
export interface ReaperOptions {
  readonly registry: RegistryBackend;
  readonly durability: DurabilityBackend | undefined;
  readonly outbox: OutboxBackend | undefined;
  readonly timing: Timing;
  readonly guard: OutageGuard;
  warn(error: MusterError): void;
}

/** A reaper at work; `stop` resolves when it has stopped. */
export interface Reaper {
  stop(): Promise<void>;
  /** Carries out what is due now, without asking how much of the whole that is; nothing while the guard holds. */
  finish(call: Call): Promise<void>;
}

const CLAIMS = 500;
/** One pass in so many also sweeps the durability slot and the outbox. */
const SWEEP_EVERY = 5;
const SWEEP_LIMIT = 1_000;
const OVER = { code: "EXPIRED", reason: "its registration ended and nobody came back" } as const;

/**
 * One pass: claims, carries out and confirms whatever is due, if the guard allows it. A claim is confirmed only after its
 * step is done, so that a crash repeats it.
 *
 * @throws what the registry throws; the guard knows of it. What the durability slot throws.
 */
export async function reapOnce(options: Omit<ReaperOptions, "warn">, call: Call): Promise<void> {
  const { registry, guard } = options;
  guard.observe(await guarded(guard, registry.census(call, { minExpired: MIN_EXPIRED })), steadyNow());
  await reapDue(options, call);
}

async function reapDue(
  { registry, durability, timing, guard }: Omit<ReaperOptions, "warn">,
  call: Call,
): Promise<void> {
  const graceMs = durability === undefined ? 0 : timing.queueGraceMs;
  while (!guard.state(steadyNow()).held) {
    const claims = await guarded(guard, registry.reap({ limit: CLAIMS, claimMs: timing.claimMs, graceMs }, call));
    if (claims.length === 0) return;
    const over = claims.filter(({ step }) => step === "over");
    const expired = claims.filter(({ step }) => step === "expired");
    await guarded(guard, endSessions(registry, expired, call));
    if (expired.length > 0) await guarded(guard, registry.confirmMany(expired, call));
    await endQueues(durability, over, call);
    if (over.length > 0) await guarded(guard, registry.confirmMany(over, call));
  }
}

/** The guard hears of it when the registry is away. */
async function guarded<T>(guard: OutageGuard, work: Promise<T>): Promise<T> {
  try {
    return await work;
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
    finish: (call) => reapDue(options, call),
  };
}

async function run(options: ReaperOptions, closing: Call): Promise<void> {
  let failing = false;
  for (let pass = 1; !closing.signal.aborted; pass += 1) {
    await pause(options.timing.reapIntervalMs * (0.8 + 0.4 * Math.random()), closing);
    if (closing.signal.aborted) return;
    using call = linkCall({ signal: closing.signal }, options.timing.claimMs, "core.reap");
    try {
      await reapOnce(options, call);
      if (pass % SWEEP_EVERY === 0) await sweep(options, call);
      failing = false;
    } catch (cause) {
      if (!failing && !closing.signal.aborted) options.warn(codedError(cause, "core.reap"));
      failing = true;
    }
  }
}

/** Neither waits for the other to be there. @throws what one of them throws. */
async function sweep({ durability, outbox }: ReaperOptions, call: Call): Promise<void> {
  const sweeps = [durability, outbox].map(async (slot) => await slot?.sweep({ limit: SWEEP_LIMIT }, call));
  for (const result of await Promise.allSettled(sweeps))
    if (result.status === "rejected") throw codedError(result.reason, "core.sweep");
}

async function endSessions(registry: RegistryBackend, claims: readonly ReapClaim[], call: Call): Promise<void> {
  for (const claim of claims) await endSession(registry, claim, call);
}

/** Whose grace is out: whoever registers the identity from now on begins with an empty queue. */
async function endQueues(
  durability: DurabilityBackend | undefined,
  over: readonly ReapClaim[],
  call: Call,
): Promise<void> {
  if (durability === undefined) return;
  const targets = over.flatMap(({ registration: { identity, epoch } }) =>
    identity.startsWith(SESSION_PREFIX) ? [] : [{ identity, epoch }],
  );
  const { maxBatch } = durability.traits;
  for (let start = 0; start < targets.length; start += maxBatch)
    await durability.dropMany(targets.slice(start, start + maxBatch), OVER, call);
}

/** A dead session's registrations live on for their TTL from its last renewal; only then may it be forgotten. */
async function endSession(registry: RegistryBackend, { registration }: ReapClaim, call: Call): Promise<void> {
  const { identity, expiresAt, ttlMs } = registration;
  if (!identity.startsWith(SESSION_PREFIX)) return;
  if (expiresAt === undefined || ttlMs === undefined) return;
  await stampLeftovers(registry, identity.slice(SESSION_PREFIX.length), expiresAt - ttlMs, call);
}
