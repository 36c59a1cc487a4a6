/** What reads show: the state of the stream when it was asked for, by the server's time at some moment of the call. */

import type { Census, OrderedList, Registration, Route, ScanQuery } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { selectorOf } from "../filter.ts";
import { endOf } from "../mirror/entries.ts";
import { type Entry, registrationOf, routeOf } from "../mirror/entry.ts";
import { type Knowledge, standingOf } from "./deciding.ts";
import type { Store } from "./store.ts";

/** So many are looked at before anything else has its turn. */
const MAX_LOOKED_AT = 2_000;

type Sight = Omit<Knowledge, "isUpToDate">;

/** `look` gives `undefined` where it depends on whether a time has passed which is just passing. */
async function read<T>(store: Store, operation: string, look: (sight: Sight) => T | undefined): Promise<T> {
  let moment = await store.moment(operation);
  for (;;) {
    await store.catchUp(operation);
    const seen = look({ entries: store.entries, moment });
    if (seen !== undefined) return seen;
    moment = await store.momentFrom(moment.latest, operation);
  }
}

/** The contract's `getMany`. */
export async function getMany(
  store: Store,
  identities: readonly string[],
): Promise<readonly (Registration | undefined)[]> {
  return read(store, "getMany", (sight) => {
    const found = identities.map((identity) => sight.entries.find(identity));
    const standings = found.map((entry) => standingOf(entry, sight));
    if (standings.includes("unsure")) return undefined;
    return found.map((entry, index) => (entry && standings[index] === "live" ? registrationOf(entry) : undefined));
  });
}

export async function readCensus(store: Store, operation: string): Promise<Census> {
  return read(store, operation, ({ entries, moment }) => {
    const expired = entries.expiring.rank((entry) => endOf(entry) <= moment.earliest);
    const expiredPerhaps = entries.expiring.rank((entry) => endOf(entry) <= moment.latest);
    return expired === expiredPerhaps ? { counted: entries.ordered.size, expired } : undefined;
  });
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where it ends; `undefined`: at the end of all. */
  readonly last: string | undefined;
}

/** What is looked for on the pages of a scan. */
export interface Selection<T> {
  readonly operation: string;
  readonly query: ScanQuery;
  readonly give: (entry: Entry) => T;
}

export function registrations(operation: string, query: ScanQuery): Selection<Registration> {
  return { operation, query, give: registrationOf };
}

export function routes(operation: string, query: ScanQuery): Selection<Route> {
  return { operation, query, give: routeOf };
}

/** Gives the page behind an identity. */
export function pageReader<T>(
  store: Store,
  { operation, query, give }: Selection<T>,
): (after: string | undefined) => Promise<Page<T>> {
  const { session, filter, pageSize } = query;
  const matches = selectorOf(filter);
  return async (after) =>
    read(store, operation, (sight) => {
      const list = session === undefined ? sight.entries.ordered : sight.entries.servedBy(session);
      if (list === undefined) return { items: [], last: undefined };
      const looked = behind(list, after, filter === undefined ? pageSize : MAX_LOOKED_AT);
      const items: T[] = [];
      for (const entry of looked.entries) {
        const standing = standingOf(entry, sight);
        if (standing === "unsure") return undefined;
        if (standing !== "live" || !matches(entry)) continue;
        items.push(give(entry));
        if (items.length === pageSize) return { items, last: entry.identity };
      }
      return { items, last: looked.isLast ? undefined : looked.entries.at(-1)?.identity };
    });
}

function behind(
  list: OrderedList<Entry>,
  after: string | undefined,
  count: number,
): { readonly entries: readonly Entry[]; readonly isLast: boolean } {
  const most = Math.min(count, MAX_LOOKED_AT);
  const entries = list.take(({ identity }) => after !== undefined && compareStrings(identity, after) <= 0, most);
  return { entries, isLast: entries.length < most };
}
