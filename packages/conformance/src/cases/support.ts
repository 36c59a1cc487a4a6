/** What the cases of a registry share: entries, single calls of its batch methods, live sessions, the store's time. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  type DeleteKey,
  type DeleteOutcome,
  type Lease,
  type LeaseOutcome,
  type Registration,
  type RegistryBackend,
  type Route,
  type ScanQuery,
  SESSION_PREFIX,
  type SetEntry,
  type SetOutcome,
} from "@muster/core/slots";
import type { RegistryContext } from "../case.ts";

/** Long enough that it runs out during no case. */
export const LONG_MS = 600_000;
/** Short enough to wait for. */
export const SHORT_MS = 25;

/** Creates a registration without session, address or TTL, by an attempt of its own. */
export function entry(identity: string, changes: Partial<SetEntry> = {}): SetEntry {
  return {
    identity,
    metadata: {},
    ttlMs: undefined,
    session: undefined,
    address: undefined,
    sessionBound: false,
    attempt: randomUUID(),
    mode: "create",
    ...changes,
  };
}

/** `prefix-0`, `prefix-1`, …, in the order of their bytes. */
export function numbered(prefix: string, count: number): readonly string[] {
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(digits, "0")}`);
}

/** Namespaces that are told apart by one character, by where they end, or by their last one of 64. */
export function alikeNamespaces(stem: string): readonly string[] {
  const long = `${stem}-`.padEnd(63, "x");
  const endings = [
    ".",
    "-",
    "_",
    "..",
    "--",
    "__",
    ".a",
    "-a",
    "_a",
    ".a.b",
    "-a-b",
    "_a_b",
    ".A",
    "-5f",
    "_2e",
    "_5f",
  ];
  return [...endings.map((ending) => stem + ending), long, `${long}x`, `${long}y`, `${long}.`];
}

export async function setOne(
  ctx: RegistryContext,
  one: SetEntry,
  registry: RegistryBackend = ctx.backend,
): Promise<SetOutcome> {
  const outcomes = await registry.setMany([one], ctx.call);
  return only(outcomes, "setMany");
}

/** Stores it, or fails the case. */
export async function storeOne(
  ctx: RegistryContext,
  one: SetEntry,
  registry: RegistryBackend = ctx.backend,
): Promise<Registration> {
  return storedIn(await setOne(ctx, one, registry), one.identity);
}

/** Stores all of them in batches, or fails the case. */
export async function storeAll(
  ctx: RegistryContext,
  entries: readonly SetEntry[],
  registry: RegistryBackend = ctx.backend,
): Promise<readonly Registration[]> {
  const stored: Registration[] = [];
  for (let start = 0; start < entries.length; start += 500) {
    const outcomes = await registry.setMany(entries.slice(start, start + 500), ctx.call);
    stored.push(...outcomes.map((outcome) => storedIn(outcome)));
  }
  assert.equal(stored.length, entries.length, "an outcome for each entry");
  return stored;
}

/** The registration in an outcome that must have stored one. */
export function storedIn(outcome: SetOutcome, identity = "it"): Registration {
  if ("refused" in outcome) assert.fail(`${identity} was refused with "${outcome.refused}" instead of stored`);
  return outcome.stored;
}

/** Why an entry was refused; fails the case if it was stored, or if the outcome carries something stored beside it. */
export async function refusal(
  ctx: RegistryContext,
  one: SetEntry,
  registry: RegistryBackend = ctx.backend,
): Promise<string> {
  const outcome = await setOne(ctx, one, registry);
  if ("stored" in outcome) assert.fail(`${one.identity} was stored instead of refused`);
  return outcome.refused;
}

export async function getOne(
  ctx: RegistryContext,
  identity: string,
  registry: RegistryBackend = ctx.backend,
): Promise<Registration | undefined> {
  return only(await registry.getMany([identity], ctx.call), "getMany");
}

export async function renewOne(
  ctx: RegistryContext,
  lease: Lease,
  registry: RegistryBackend = ctx.backend,
): Promise<LeaseOutcome> {
  return only(await registry.renewMany([lease], ctx.call), "renewMany");
}

export async function deleteOne(
  ctx: RegistryContext,
  key: DeleteKey,
  registry: RegistryBackend = ctx.backend,
): Promise<DeleteOutcome> {
  return only(await registry.deleteMany([key], ctx.call), "deleteMany");
}

/** A live session, for registrations to be served by. */
export async function startSession(
  ctx: RegistryContext,
  id: string,
  ttlMs: number = LONG_MS,
  registry: RegistryBackend = ctx.backend,
): Promise<Registration> {
  return storeOne(ctx, entry(SESSION_PREFIX + id, { ttlMs }), registry);
}

/** What is on all pages of a scan, in their order. */
export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

export async function scanAll(
  ctx: RegistryContext,
  query: Partial<ScanQuery> = {},
  registry: RegistryBackend = ctx.backend,
): Promise<readonly Registration[]> {
  return collect(registry.scan({ pageSize: 100, ...query }, ctx.call));
}

export async function scanAllRoutes(
  ctx: RegistryContext,
  query: Partial<ScanQuery> = {},
  registry: RegistryBackend = ctx.backend,
): Promise<readonly Route[]> {
  return collect(registry.scanRoutes({ pageSize: 100, ...query }, ctx.call));
}

export function identitiesOf(routes: readonly Route[]): readonly string[] {
  return routes.map(({ identity }) => identity);
}

/** The store's clock, as it stamps a session that nothing else looks at. What is asked afterwards is answered later. */
export async function storeTime(ctx: RegistryContext, registry: RegistryBackend = ctx.backend): Promise<number> {
  const marker = entry(`${SESSION_PREFIX}the-time`, { ttlMs: LONG_MS, mode: "replace" });
  return (await storeOne(ctx, marker, registry)).registeredAt;
}

/** Waits until the store's clock, however inexactly it is read, is past `instant`. */
export async function untilStoreTime(ctx: RegistryContext, instant: number): Promise<void> {
  const { clock, staleMs } = ctx.backend.traits;
  await ctx.eventually(async () => {
    assert.ok((await storeTime(ctx)) >= instant + clock.maxErrorMs + staleMs, "time passes in the store");
  });
}

/** Stores an entry that expires soon, and waits until it has. */
export async function storeExpired(ctx: RegistryContext, one: SetEntry): Promise<Registration> {
  const registration = await storeOne(ctx, { ...one, ttlMs: SHORT_MS });
  await untilExpired(ctx, registration);
  return registration;
}

export async function untilExpired(ctx: RegistryContext, { identity, expiresAt }: Route): Promise<void> {
  assert.ok(expiresAt !== undefined, `${identity} expires by itself`);
  await untilStoreTime(ctx, expiresAt);
}

/**
 * Asserts something about what reads give: at once where the registry claims that reads see what was written before,
 * otherwise in time.
 */
export async function settled(ctx: RegistryContext, probe: () => Promise<void>): Promise<void> {
  if (ctx.backend.traits.consistency === "linearizable") await probe();
  else await ctx.eventually(probe);
}

/** Asserts that this is what is read of an identity. */
export async function expectStored(
  ctx: RegistryContext,
  identity: string,
  expected: Registration | undefined,
  registry: RegistryBackend = ctx.backend,
): Promise<void> {
  await settled(ctx, async () => assert.deepEqual(await getOne(ctx, identity, registry), expected));
}

/** Asserts that a scan gives these identities, in this order. */
export async function expectScanned(
  ctx: RegistryContext,
  expected: readonly string[],
  query: Partial<ScanQuery> = {},
  registry: RegistryBackend = ctx.backend,
): Promise<void> {
  await settled(ctx, async () => assert.deepEqual(identitiesOf(await scanAll(ctx, query, registry)), expected));
}

/** Asserts how many registrations the quota counts, and how many of them have expired. */
export async function expectCensus(
  ctx: RegistryContext,
  counted: number,
  expired: number = 0,
  registry: RegistryBackend = ctx.backend,
): Promise<void> {
  await settled(ctx, async () => {
    assert.deepEqual(await registry.census(ctx.call), { counted, expired });
    assert.deepEqual(await registry.census(ctx.call, { minExpired: expired }), { counted, expired });
    const few = await registry.census(ctx.call, { minExpired: expired + 1 });
    assert.equal(few.expired, expired, "as many have expired, however few matter");
    assert.ok(few.counted >= expired, "of those who are counted");
  });
}

function only<T>(outcomes: readonly T[], operation: string): T {
  assert.equal(outcomes.length, 1, `${operation} of one gives one outcome`);
  return outcomes[0] as T; // The length has just been looked at; T itself may be undefined.
}
