/** What the cases about filters share: a population, and how a filter is asked of it in every way there is. */

import assert from "node:assert/strict";
import type { Registration, RegistryBackend, Route } from "@muster/core/slots";
import {
  compileFilter,
  type Facts,
  type Filter,
  type FilterTest,
  formatFilter,
  type Metadata,
  type SplitFilter,
} from "@muster/filter";
import type { RegistryContext } from "../../case.ts";
import { collect, entry, storeAll, storeTime, untilStoreTime } from "../support.ts";

const PAGE_SIZE = 50;

export interface Document {
  readonly identity: string;
  readonly metadata: Metadata;
  /** Whether a live session serves it; {@link populate} says which. */
  readonly session?: string;
}

/** Registrations that stand still, and the registry that is asked about them. */
export interface Population {
  readonly registry: RegistryBackend;
  readonly all: ReadonlyMap<string, Registration>;
  readonly attachedTo: string | undefined;
}

/** Stores the documents and waits until every read sees them. Attached are those whose session is `attachedTo`. */
export async function populate(
  ctx: RegistryContext,
  documents: readonly Document[],
  { registry = ctx.backend, attachedTo }: { readonly registry?: RegistryBackend; readonly attachedTo?: string } = {},
): Promise<Population> {
  const entries = documents.map(({ identity, ...rest }) => entry(identity, rest));
  const stored = await storeAll(ctx, entries);
  if (registry.traits.staleMs > 0) await untilStoreTime(ctx, await storeTime(ctx));
  // What was asked to be stored, not what came back: that is for other cases to say.
  const all = stored.map((one, index) => ({ ...one, metadata: entries[index]?.metadata ?? one.metadata }));
  return { registry, all: new Map(all.map((one) => [one.identity, one])), attachedTo };
}

export function factsOf(population: Population, { identity, registeredAt, session }: Route): Facts {
  return { identity, registeredAt, attached: session !== undefined && session === population.attachedTo };
}

/** Whom the evaluator selects. */
function evaluated(population: Population, filter: Filter): ReadonlySet<string> {
  const test = compileFilter(filter);
  const selected = [...population.all.values()].filter((one) => test(one.metadata, factsOf(population, one)));
  return new Set(selected.map(({ identity }) => identity));
}

/** Without the facet all of a filter is left for core. */
export function splitOf({ filters }: RegistryBackend, filter: Filter): SplitFilter {
  return filters === undefined ? { residual: filter } : filters.split(filter);
}

/** Asserts that scan, scanRoutes and, where nothing is left for core, count select exactly whom the evaluator does. */
export async function expectAsEvaluated(
  ctx: RegistryContext,
  population: Population,
  filter: Filter,
  expected: ReadonlySet<string> = evaluated(population, filter),
): Promise<void> {
  const { registry } = population;
  const { native, residual } = splitOf(registry, filter);
  const { scanned, routes } = await (native === undefined ? wholeOf(ctx, population) : read(ctx, population, native));
  const test = residual === undefined ? everyone : compileFilter(residual);
  const about = (operation: string): string =>
    `${operation} with ${said(filter)} (native ${said(native)}, residual ${said(residual)})`;
  const matching = scanned.filter((one) => test(one.metadata, factsOf(population, one)));
  expectSame(expected, matching, about("scan"));
  expectSame(
    expected,
    routes.filter((route) => passes(population, test, route)),
    about("scanRoutes"),
  );
  if (residual === undefined) {
    const count = await registry.counts?.count(native, ctx.call);
    assert.equal(count ?? expected.size, expected.size, about("count"));
  }
}

interface Reading {
  readonly scanned: readonly Registration[];
  readonly routes: readonly Route[];
}

async function read(ctx: RegistryContext, { registry }: Population, native?: Filter): Promise<Reading> {
  const query = { pageSize: PAGE_SIZE, ...(native === undefined ? {} : { filter: native }) };
  return {
    scanned: await collect(registry.scan(query, ctx.call)),
    routes: await collect(registry.scanRoutes(query, ctx.call)),
  };
}

const wholes = new WeakMap<Population, Promise<Reading>>();

/** Read once: the population stands still, so whatever filter is wholly left for core starts from the same scan. */
function wholeOf(ctx: RegistryContext, population: Population): Promise<Reading> {
  const whole = wholes.get(population) ?? read(ctx, population);
  wholes.set(population, whole);
  return whole;
}

/** A route has no metadata: as core does, it is looked up. */
function passes(population: Population, test: FilterTest, route: Route): boolean {
  const stored = population.all.get(route.identity);
  return stored === undefined || test(stored.metadata, factsOf(population, stored));
}

function everyone(): boolean {
  return true;
}

function expectSame(expected: ReadonlySet<string>, found: readonly Route[], about: string): void {
  const identities = found.map(({ identity }) => identity);
  const seen = new Set(identities);
  const missing = [...expected].filter((identity) => !seen.has(identity));
  const extra = identities.filter((identity, index) => !expected.has(identity) || identities.indexOf(identity) < index);
  if (missing.length + extra.length === 0) return;
  assert.fail(`${about}: missing ${JSON.stringify(missing)}, extra ${JSON.stringify(extra)}`);
}

function said(filter: Filter | undefined): string {
  if (filter === undefined) return "nothing";
  const text = JSON.stringify(formatFilter(filter));
  return text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text;
}
