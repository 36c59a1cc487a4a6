/** Which lookups are worth following, by how much they would find. */

import type { Call } from "@muster/core/slots";
import type { Filter } from "@muster/filter";
import type { RedisClient } from "../client.ts";
import { type Lookup, lookupsOf, type Narrowing, narrowingOf } from "../filter.ts";
import type { RegistryKeys } from "../keys.ts";
import { sizesScript } from "../scripts/candidates.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { Catalogue } from "./catalogue.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import { type Range, singleValue } from "./ranges.ts";
import { isInOrder } from "./stretch.ts";

/** Looking up a larger share of all registrations one by one is hardly faster than reading them all. */
const MAX_SHARE = 0.5;
/** So few are always looked up. */
const FEW = 64;
/** Sorting more takes longer than anyone should have to wait for his turn; those of one value come in order instead. */
const MAX_COLLECTED = 20_000;
/** Ranges that one script looks at, which takes it up to some 5 ms. */
export const MAX_RANGES = 250;
/** What it costs to find an entry and to ask others about it, where it costs 1 to read a record and look at it. */
const ENTRY_COST = 0.3;
/** An index that lets through more of the candidates than this is not asked about them. */
const MAX_MET_SHARE = 0.5;

/** Where candidates are asked for. */
export interface CandidateSource {
  readonly client: RedisClient;
  readonly keys: RegistryKeys;
  readonly catalogue: Catalogue;
}

/** Candidates are what lies in any of the lookups and, in each of `meet`, has that value. */
export interface Choice {
  readonly lookups: readonly Lookup[];
  readonly meet: readonly { readonly index: number; readonly value: string }[];
}

/** A choice, and the catalogue it was made from. */
export interface ChosenCandidates {
  readonly choice: Choice;
  readonly state: CatalogueState;
}

/** Everyone, in order. */
export const EVERYONE: Choice = { lookups: [{ index: "order", ranges: [{ min: "", max: undefined }] }], meet: [] };

/** `undefined`: no index narrows the filter enough. */
export async function choose(
  source: CandidateSource,
  filter: Filter,
  call: Call,
): Promise<ChosenCandidates | undefined> {
  while (true) {
    const state = source.catalogue.current;
    const narrowing = narrowingIn(state, filter);
    // Asked even for nothing: so it is known that the catalogue is still the same.
    const sizes = await sizesOf(source, state, narrowing === undefined ? [] : lookupsOf(narrowing), call);
    if (sizes !== undefined) {
      const choice = narrowing && bestChoice(narrowing, sizes);
      return choice && { choice, state };
    }
    await source.catalogue.reload(call);
  }
}

/** By the indexes that may be asked. */
export function narrowingIn({ fields }: CatalogueState, filter: Filter): Narrowing | undefined {
  return narrowingOf(
    filter,
    fields.map(({ path, isReady }) => (isReady ? path : undefined)),
  );
}

export interface AskedRange {
  readonly lookup: Lookup;
  readonly range: Range;
}

interface Sizes {
  readonly total: number;
  readonly of: ReadonlyMap<Lookup, number>;
}

/** `undefined`: the catalogue has changed. */
async function sizesOf(
  { client, keys }: CandidateSource,
  state: CatalogueState,
  lookups: readonly Lookup[],
  call: Call,
): Promise<Sizes | undefined> {
  const asked = rangesOf(lookups);
  const sizes = new Map(lookups.map((lookup) => [lookup, 0]));
  let total = 0;
  for (let from = 0; from === 0 || from < asked.length; from += MAX_RANGES) {
    const some = asked.slice(from, from + MAX_RANGES);
    const allKeys = [keys.catalogue, keys.order, ...state.indexKeys];
    const reply = await client.run(sizesScript, allKeys, [state.version, ...rangeArguments(some)], call);
    if (reply === STALE_CATALOGUE) return undefined;
    const [standing = 0, ...counts] = reply as readonly number[]; // As the script's header says.
    total = standing;
    for (const [i, { lookup }] of some.entries()) sizes.set(lookup, (sizes.get(lookup) ?? 0) + (counts[i] ?? 0));
  }
  return { total, of: sizes };
}

/** Each range of each lookup. */
export function rangesOf(lookups: readonly Lookup[]): readonly AskedRange[] {
  return lookups.flatMap((lookup) => lookup.ranges.map((range) => ({ lookup, range })));
}

/** As scripts take them whose keys are the catalogue, the order and all indexes: the set's number, first text, end. */
export function rangeArguments(asked: readonly AskedRange[]): readonly (string | number)[] {
  return asked.flatMap(({ lookup: { index }, range: { min, max = "" } }) => [
    index === "order" ? 1 : index + 2,
    min,
    max,
  ]);
}

/** Any part of a conjunction can be followed, and others then asked about what it finds. */
function bestChoice(narrowing: Narrowing, sizes: Sizes): Choice | undefined {
  const parts = "allOf" in narrowing ? narrowing.allOf : [narrowing];
  const choices = parts.flatMap((part) => choiceOf(part, parts, sizes) ?? []);
  return choices.toSorted((a, b) => a.cost - b.cost)[0]?.choice;
}

function choiceOf(
  part: Narrowing,
  parts: readonly Narrowing[],
  sizes: Sizes,
): { readonly choice: Choice; readonly cost: number } | undefined {
  const { lookups, size } = smallest(part, sizes);
  if (size > FEW && size > sizes.total * MAX_SHARE) return undefined;
  if (size > MAX_COLLECTED && !isInOrder(lookups)) return undefined;
  const met = size > FEW ? parts.flatMap((other) => (other === part ? [] : metBy(other, sizes))) : [];
  const left = met.reduce((rest, { share }) => rest * share, size);
  return {
    choice: { lookups, meet: met.map(({ index, value }) => ({ index, value })) },
    cost: left + size * ENTRY_COST,
  };
}

interface Part {
  readonly lookups: readonly Lookup[];
  readonly size: number;
}

function smallest(narrowing: Narrowing, sizes: Sizes): Part {
  if ("index" in narrowing) return { lookups: [narrowing], size: sizes.of.get(narrowing) ?? 0 };
  if ("anyOf" in narrowing) {
    const parts = narrowing.anyOf.map((part) => smallest(part, sizes));
    return { lookups: parts.flatMap(({ lookups }) => lookups), size: parts.reduce((sum, { size }) => sum + size, 0) };
  }
  return narrowing.allOf
    .map((part) => smallest(part, sizes))
    .reduce((best, part) => (part.size < best.size ? part : best));
}

interface Met {
  readonly index: number;
  readonly value: string;
  /** Of everyone. */
  readonly share: number;
}

function metBy(part: Narrowing, sizes: Sizes): readonly Met[] {
  if (!("index" in part) || part.index === "order") return [];
  const value = singleValue(part.ranges);
  const share = (sizes.of.get(part) ?? 0) / sizes.total;
  return value === undefined || share > MAX_MET_SHARE ? [] : [{ index: part.index, value, share }];
}
