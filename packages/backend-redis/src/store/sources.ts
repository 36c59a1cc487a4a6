/** Where the pages of a scan come from: the order of identities, what a session serves, or candidates of an index. */

import type { Registration, Route, ScanQuery } from "@muster/core/slots";
import { compileFilter, type Filter, needsFacts } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { routeOf } from "../codec.ts";
import { candidatePages } from "../indexes/candidates.ts";
import type { Namespace } from "./namespace.ts";
import type { PageSource } from "./pages.ts";
import {
  type Listed,
  listIdentities,
  type Page,
  type PageQuery,
  readLive,
  readRecords,
  readStamps,
  routesOf,
  splitByBytes,
  type Stamped,
} from "./reading.ts";

/** Of one command, which keeps the server busy for less than a millisecond. */
const MAX_BLOCK = 1_000;
/** Pages that are under way while one is decoded. */
const MAX_AHEAD = 1;
const NOBODY: Listed = { identities: [], next: undefined };

type Selection = Pick<ScanQuery, "pageSize" | "filter" | "session">;

/** Registrations that a query selects. */
export function registrationSource(
  namespace: Namespace,
  { pageSize, filter, session }: Selection,
): PageSource<Registration> {
  const size = filter === undefined ? Math.min(pageSize, MAX_BLOCK) : MAX_BLOCK;
  const all = pageByPage(namespace, { size, session }, REGISTRATIONS);
  if (filter === undefined) return all;
  return selected(filter, session === undefined ? candidatesOr(all, namespace, filter) : all);
}

/** As {@link registrationSource}; metadata is read only where there is a filter to decide about it. */
export function routeSource(namespace: Namespace, query: Selection): PageSource<Route> {
  if (query.filter !== undefined) return mapped(registrationSource(namespace, query), withoutMetadata);
  const size = Math.min(query.pageSize, MAX_BLOCK);
  return pageByPage(namespace, { size, session: query.session }, ROUTES);
}

/** How the pages of one kind are made of stamps. */
interface Kind<T extends Route> {
  /** What one page can be made of. */
  split(stamped: Stamped): readonly Stamped[];
  read(namespace: Namespace, stamped: Stamped, call: RedisCall): Promise<Page<T>>;
}

const REGISTRATIONS: Kind<Registration> = { split: splitByBytes, read: readRecords };
const ROUTES: Kind<Route> = { split: (stamped) => [stamped], read: routesOf };

/** A page before its turn. */
interface Begun<T extends Route> {
  readonly page: Promise<Page<T>>;
  /** Of large records what has to wait for its turn. */
  readonly rest: readonly Stamped[];
}

/**
 * A page takes three commands, one after the other; the next page's are under way meanwhile, so that the server works while
 * a page is decoded here. Whoever is registered throughout is listed once, for a list begins where the one before ended.
 */
function pageByPage<T extends Route>(namespace: Namespace, query: PageQuery, { split, read }: Kind<T>): PageSource<T> {
  return async function* (first, call) {
    const list = listsOf(namespace, query, first, call);
    const begin = async (): Promise<Begun<T> | undefined> => {
      const { identities } = (await list()) ?? NOBODY;
      if (identities.length === 0) return undefined;
      const [part, ...rest] = split(await readStamps(namespace, identities, query.session, call));
      return part && { page: awaited(read(namespace, part, call)), rest };
    };
    const ahead = Array.from({ length: MAX_AHEAD }, async () => awaited(begin()));
    for (let begun = await ahead.shift(); begun !== undefined; begun = await ahead.shift()) {
      ahead.push(awaited(begin()));
      yield await begun.page;
      for (const part of begun.rest) yield await read(namespace, part, call);
    }
  };
}

/** Each call gives the list behind the one before, also when that is not there yet. */
function listsOf(
  namespace: Namespace,
  query: PageQuery,
  first: string | undefined,
  call: RedisCall,
): () => Promise<Listed | undefined> {
  let last: Promise<Listed | undefined> | undefined;
  const behind = async (before: Promise<Listed | undefined>): Promise<Listed | undefined> => {
    const next = (await before)?.next;
    return next === undefined ? undefined : listIdentities(namespace, query, next, call);
  };
  return async () => {
    last = last === undefined ? listIdentities(namespace, query, first, call) : behind(last);
    return last;
  };
}

/** It fails when it is its turn, if that ever comes. */
function awaited<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

function candidatesOr(all: PageSource<Registration>, namespace: Namespace, filter: Filter): PageSource<Registration> {
  return async function* (after, call) {
    const candidates = await candidatePages(namespace, filter, { after, pageSize: MAX_BLOCK }, call);
    if (candidates === undefined) yield* all(after, call);
    else for await (const identities of candidates) yield await readLive(namespace, identities, call);
  };
}

/** Indexes and pages only propose; the record decides. No native filter asks whether a registration is attached. */
function selected(filter: Filter, source: PageSource<Registration>): PageSource<Registration> {
  const test = compileFilter(filter);
  if (!needsFacts(filter)) return mapped(source, (items) => items.filter(({ metadata }) => test(metadata)));
  return mapped(source, (items) =>
    items.filter(({ identity, registeredAt, metadata }) => test(metadata, { identity, registeredAt, attached: false })),
  );
}

function mapped<T extends Route, U extends Route>(
  source: PageSource<T>,
  map: (items: readonly T[]) => readonly U[],
): PageSource<U> {
  return async function* (after, call) {
    for await (const page of source(after, call)) yield { ...page, items: map(page.items) };
  };
}

function withoutMetadata(registrations: readonly Registration[]): readonly Route[] {
  return registrations.map((one) => routeOf(one.identity, one));
}
