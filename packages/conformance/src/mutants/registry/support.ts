/** What the mutants of a registry are made with. */

import type {
  Call,
  DeleteKey,
  DeleteOutcome,
  Lease,
  LeaseOutcome,
  Registration,
  RegistryBackend,
  Route,
  SetEntry,
  SetOutcome,
} from "@muster/core/slots";
import { type Mutant, withRegistry } from "../../mutant.ts";

type Fault = (real: RegistryBackend) => Partial<RegistryBackend>;

/** A mutant whose fault lies in each of its registries by itself. */
export function registryMutant(about: Omit<Mutant, "of">, fault: Fault): Mutant {
  return { ...about, of: (subject) => withRegistry(subject, fault) };
}

/** A mutant whose registries share something: `makeFault` is called once for all of them. */
export function sharedMutant(about: Omit<Mutant, "of">, makeFault: () => Fault): Mutant {
  return { ...about, of: (subject) => withRegistry(subject, makeFault()) };
}

/** Each entry handled by itself, one after the other. */
export function settingEach(each: (entry: SetEntry, call: Call) => Promise<SetOutcome>): Partial<RegistryBackend> {
  return { setMany: async (entries, call) => inTurn(entries, async (entry) => each(entry, call)) };
}

/** Each lease handled by itself, one after the other. */
export function renewingEach(each: (lease: Lease, call: Call) => Promise<LeaseOutcome>): Partial<RegistryBackend> {
  return { renewMany: async (leases, call) => inTurn(leases, async (lease) => each(lease, call)) };
}

/** Each key handled by itself, one after the other. */
export function deletingEach(each: (key: DeleteKey, call: Call) => Promise<DeleteOutcome>): Partial<RegistryBackend> {
  return { deleteMany: async (keys, call) => inTurn(keys, async (key) => each(key, call)) };
}

export async function realSet(real: RegistryBackend, entry: SetEntry, call: Call): Promise<SetOutcome> {
  return first(await real.setMany([entry], call));
}

export async function realGet(real: RegistryBackend, identity: string, call: Call): Promise<Registration | undefined> {
  return (await real.getMany([identity], call))[0];
}

export async function realRenew(real: RegistryBackend, lease: Lease, call: Call): Promise<LeaseOutcome> {
  return first(await real.renewMany([lease], call));
}

export async function realDelete(real: RegistryBackend, key: DeleteKey, call: Call): Promise<DeleteOutcome> {
  return first(await real.deleteMany([key], call));
}

/** The outcome with another registration in place of the one that was stored. */
export function withStored(outcome: SetOutcome, change: (stored: Registration) => Registration): SetOutcome {
  return "stored" in outcome ? { stored: change(outcome.stored) } : outcome;
}

export function isUpdate({ mode }: SetEntry): boolean {
  return typeof mode === "object";
}

/** How a mutant says things differently to the registry behind it, consistently through all of its methods. */
export interface Translation {
  identity?(identity: string): string;
  entry?(entry: SetEntry): SetEntry;
  epoch?(epoch: number, identity: string): number;
  /** What comes back. */
  back?<R extends Route>(route: R): R;
}

/** Everything that goes in and comes out, translated. */
export function translated(real: RegistryBackend, translation: Translation): Partial<RegistryBackend> {
  const { identity = same, entry = same, epoch = same, back = same } = translation;
  const maybeBack = <R extends Route>(route: R | undefined): R | undefined => route && back(route);
  const key = <K extends DeleteKey>(one: K): K => ({
    ...one,
    identity: identity(one.identity),
    ...("epoch" in one ? { epoch: epoch(one.epoch, one.identity) } : {}),
  });
  const into = (one: SetEntry): SetEntry => {
    const { mode } = one;
    const said = typeof mode === "object" ? { ...mode, epoch: epoch(mode.epoch, one.identity) } : mode;
    return entry({ ...one, identity: identity(one.identity), mode: said });
  };
  const outOf = (outcome: SetOutcome): SetOutcome => {
    if ("stored" in outcome) return { stored: back(outcome.stored) };
    const current = maybeBack(outcome.current);
    return { refused: outcome.refused, ...(current ? { current } : {}) };
  };
  async function* pages<R extends Route>(real: AsyncIterable<readonly R[]>): AsyncGenerator<readonly R[]> {
    for await (const page of real) yield page.map((route) => back(route));
  }
  return {
    setMany: async (entries, call) => (await real.setMany(entries.map(into), call)).map(outOf),
    getMany: async (identities, call) => (await real.getMany(identities.map(identity), call)).map(maybeBack),
    renewMany: async (leases, call) =>
      real.renewMany(
        leases.map((lease) => ({
          ...lease,
          identity: identity(lease.identity),
          epoch: epoch(lease.epoch, lease.identity),
        })),
        call,
      ),
    deleteMany: async (keys, call) => real.deleteMany(keys.map(key), call),
    scan: (query, call) => pages(real.scan(query, call)),
    scanRoutes: (query, call) => pages(real.scanRoutes(query, call)),
    reap: async (options, call) =>
      (await real.reap(options, call)).map((claim) => ({ ...claim, registration: back(claim.registration) })),
    confirmMany: async (claims, call) =>
      real.confirmMany(
        claims.map(({ registration, step }) => ({
          registration: {
            ...registration,
            identity: identity(registration.identity),
            epoch: epoch(registration.epoch, registration.identity),
          },
          step,
        })),
        call,
      ),
  };
}

async function inTurn<T, R>(all: readonly T[], each: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await each(one));
  return results;
}

function first<T>(outcomes: readonly T[]): T {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error("the registry gave no outcome");
  return outcome;
}

function same<T>(one: T): T {
  return one;
}
