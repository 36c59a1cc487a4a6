/** What the tests of this package share: calls, entries, a clock to turn, and clients that are open. */

import { setMaxListeners } from "node:events";
import type { Call, Registration, RegistryBackend, ScanQuery, Scope, SetEntry, SetOutcome } from "@muster/core/slots";
import { entry } from "@muster/testing";
import { type MemoryHub, memoryHub, type MemoryFaults, memoryRegistry } from "../src/index.ts";

/** Never given up, and shared by calls that run at once. */
export const CALL: Call = { signal: new AbortController().signal };
setMaxListeners(0, CALL.signal);

export const NAMESPACE = "test";

/** A call that its caller has given up already. */
export const ABORTED_CALL: Call = { signal: AbortSignal.abort() };

interface Clock {
  now: number;
}

export interface Fixture {
  readonly clock: Clock;
  readonly hub: MemoryHub;
  /** One more client of the hub, open. */
  client(scope?: Partial<Scope>, faults?: MemoryFaults): Promise<RegistryBackend>;
}

export function fixture(): Fixture {
  const clock = { now: 1_000_000 };
  const hub = memoryHub({ now: () => clock.now });
  return {
    clock,
    hub,
    async client(scope = {}, faults): Promise<RegistryBackend> {
      const registry = memoryRegistry({ hub, ...(faults ? { faults } : {}) });
      await registry.open({ namespace: NAMESPACE, ...scope }, CALL);
      return registry;
    },
  };
}

export async function set(registry: RegistryBackend, one: SetEntry): Promise<SetOutcome> {
  const [outcome] = await registry.setMany([one], CALL);
  if (outcome === undefined) throw new Error("no outcome");
  return outcome;
}

/** Stores, or throws. */
export async function stored(registry: RegistryBackend, one: SetEntry): Promise<Registration> {
  const outcome = await set(registry, one);
  if ("refused" in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome.stored;
}

export async function get(registry: RegistryBackend, identity: string): Promise<Registration | undefined> {
  const [found] = await registry.getMany([identity], CALL);
  return found;
}

/** A live session, for registrations to be served by. */
export async function startSession(registry: RegistryBackend, id: string, ttlMs = 10_000): Promise<Registration> {
  return stored(registry, entry(`$session/${id}`, { ttlMs }));
}

export async function scanAll(
  registry: RegistryBackend,
  query: Partial<ScanQuery> = {},
): Promise<readonly Registration[]> {
  const all: Registration[] = [];
  for await (const page of registry.scan({ pageSize: 100, ...query }, CALL)) all.push(...page);
  return all;
}

export async function scanIdentities(
  registry: RegistryBackend,
  query: Partial<ScanQuery> = {},
): Promise<readonly string[]> {
  return (await scanAll(registry, query)).map(({ identity }) => identity);
}
