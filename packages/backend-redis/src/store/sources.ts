/** Where the pages of a scan come from: the order of identities, what a session serves, or candidates of an index. */

import type { Registration, Route, ScanQuery } from "@muster/core/slots";
import type { Filter } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { routeOf } from "../codec.ts";
import { candidatePages } from "../indexes/candidates.ts";
import type { Appetite } from "./appetite.ts";
import type { Namespace } from "./namespace.ts";
import {
  listIdentities,
  type PageQuery,
  type RecordQuery,
  readRecords,
  readRoutes,
  readStamps,
  splitByBytes,
} from "./page-reading.ts";
import type { PageSource } from "./pages.ts";
import { EMPTY_PAGE, type Page } from "./reading.ts";
import type { RouteMirror } from "./route-mirror.ts";
import { EVERY_RECORD, selectorOf } from "./selecting.ts";
import { smallPagesOr } from "./small-pages.ts";

/** Of one command, which keeps the server busy for less than a millisecond. */
const MAX_BLOCK = 1_000;
/** Pages that are under way while one is decoded. */
const MAX_AHEAD = 1;

type Selection = Pick<ScanQuery, "pageSize" | "filter" | "session">;

/** Identities that pages are read of, in order; a list may be empty. */
type Lists = (after: string | undefined, call: RedisCall, appetite: Appetite) => AsyncIterable<readonly string[]>;

/** Registrations that a query selects. */
export function registrationSource(
  namespace: Namespace,
  { pageSize, filter, session }: Selection,
): PageSource<Registration> {
  const size = filter === undefined ? Math.min(pageSize, MAX_BLOCK) : MAX_BLOCK;
  const all = everyone(namespace, { size, session });
  if (filter === undefined) return pageByPage(all, recordsOf(namespace, { session, selector: EVERY_RECORD }));
  const selector = selectorOf(filter);
  const begin = recordsOf(namespace, { session, selector });
  if (session !== undefined) return pageByPage(all, begin);
  const candidates = pageByPage(candidatesOr(all, namespace, { filter, pageSize }), begin);
  return smallPagesOr(candidates, namespace, { filter, pageSize, selector });
}

/** As {@link registrationSource}; metadata is read only where there is a filter, and who asks for everyone may have a mirror. */
export function routeSource(namespace: Namespace, query: Selection, mirror: RouteMirror): PageSource<Route> {
  const { pageSize, filter, session } = query;
  if (filter !== undefined) return withoutMetadata(registrationSource(namespace, query));
  const size = Math.min(pageSize, MAX_BLOCK);
  const scanned = pageByPage(everyone(namespace, { size, session }), async (identities, call) => ({
    page: awaited(readRoutes(namespace, identities, session, call)),
    rest: [],
  }));
  return session === undefined ? mirror.sourceOf(namespace, scanned) : scanned;
}

/** A page before its turn. */
interface Begun<T extends Route> {
  readonly page: Promise<Page<T>>;
  /** Of large records what has to wait for its turn. */
  readonly rest: readonly (() => Promise<Page<T>>)[];
}

type Begin<T extends Route> = (identities: readonly string[], call: RedisCall) => Promise<Begun<T>>;

function recordsOf(namespace: Namespace, query: RecordQuery): Begin<Registration> {
  return async (identities, call) => {
    const stamped = await readStamps(namespace, identities, call);
    const [first, ...rest] = splitByBytes(stamped).map((part) => async () => readRecords(namespace, part, query, call));
    return { page: awaited(first?.() ?? Promise.resolve(EMPTY_PAGE)), rest };
  };
}

/**
 * A page takes two commands or three, one after the other; those of the next one that is wanted are under way meanwhile, so
 * that the server works while a page is decoded here. Whoever is registered throughout is listed once, for a list begins
 * where the one before ended.
 */
function pageByPage<T extends Route>(lists: Lists, begin: Begin<T>): PageSource<T> {
  return async function* (first, call, appetite) {
    const list: AsyncIterator<readonly string[], unknown> = lists(first, call, appetite)[Symbol.asyncIterator]();
    const beginNext = async (): Promise<Begun<T> | undefined> => {
      const listed = await list.next();
      if (listed.done === true) return undefined;
      if (listed.value.length === 0) return { page: Promise.resolve(EMPTY_PAGE), rest: [] };
      return begin(listed.value, call);
    };
    const begun: Promise<Begun<T> | undefined>[] = [];
    try {
      while (true) {
        const wanted = Math.min(Math.max(1, appetite.reads), 1 + MAX_AHEAD);
        while (begun.length < wanted) begun.push(awaited(beginNext()));
        const next = await begun.shift();
        if (next === undefined) return;
        yield await next.page;
        for (const read of next.rest) yield await read();
      }
    } finally {
      list.return?.().catch(() => undefined); // Nothing is left to fail for.
    }
  };
}

/**
 * The next list is asked for before the stamps of those in this one are: it is answered first, so that the server has the
 * next question while the answer to this one is read here.
 */
function everyone(namespace: Namespace, query: PageQuery): Lists {
  return async function* (after, call, appetite) {
    const list = async (behind: string | undefined): Promise<readonly string[]> =>
      listIdentities(namespace, query, behind, call);
    let next: Promise<readonly string[]> | undefined = list(after);
    while (next !== undefined) {
      const identities: readonly string[] = await next;
      const isFull = identities.length === query.size;
      next = isFull && appetite.reads > 1 ? awaited(list(identities.at(-1))) : undefined;
      yield identities;
      if (isFull) next ??= list(identities.at(-1));
    }
  };
}

/** Indexes only propose: the record decides. */
function candidatesOr(
  all: Lists,
  namespace: Namespace,
  { filter, pageSize }: Pick<Selection, "pageSize"> & { readonly filter: Filter },
): Lists {
  return async function* (after, call, appetite) {
    const isMoreWanted = (): boolean => appetite.reads > 1;
    const query = { after, pageSize: MAX_BLOCK, firstSize: isMoreWanted() ? MAX_BLOCK : pageSize, isMoreWanted };
    const candidates = await candidatePages(namespace, filter, query, call);
    yield* candidates ?? all(after, call, appetite);
  };
}

/** It fails when it is its turn, if that ever comes. */
function awaited<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

function withoutMetadata(source: PageSource<Registration>): PageSource<Route> {
  return async function* (after, call, appetite) {
    for await (const { items, freshUntil } of source(after, call, appetite)) {
      yield { items: items.map((one) => routeOf(one.identity, one)), freshUntil };
    }
  };
}
