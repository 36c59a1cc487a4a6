/** Where the pages of a scan come from: the order of identities, what a session serves, or candidates of an index. */

import type { Registration, Route, ScanQuery } from "@muster/core/slots";
import { compileFilter, type Filter, needsFacts } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { routeOf } from "../codec.ts";
import { candidatePages } from "../indexes/candidates.ts";
import type { Namespace } from "./namespace.ts";
import type { PageSource } from "./pages.ts";
import { type Page, type PageQuery, readLive, readPage, readRoutes } from "./reading.ts";

/** Records of one script: the server is busy for two milliseconds, and the parser for five. */
const MAX_BLOCK = 1_000;

type Selection = Pick<ScanQuery, "pageSize" | "filter" | "session">;

/** Registrations that a query selects. */
export function registrationSource(
  namespace: Namespace,
  { pageSize, filter, session }: Selection,
): PageSource<Registration> {
  const size = filter === undefined ? Math.min(pageSize, MAX_BLOCK) : MAX_BLOCK;
  const all = pageByPage({ size, session }, async (query, call) => readPage(namespace, query, call));
  if (filter === undefined) return all;
  return selected(filter, session === undefined ? candidatesOr(all, namespace, filter) : all);
}

/** As {@link registrationSource}; metadata is read only where there is a filter to decide about it. */
export function routeSource(namespace: Namespace, query: Selection): PageSource<Route> {
  if (query.filter !== undefined) return mapped(registrationSource(namespace, query), routesOf);
  const size = Math.min(query.pageSize, MAX_BLOCK);
  return pageByPage({ size, session: query.session }, async (one, call) => readRoutes(namespace, one, call));
}

function pageByPage<T extends Route>(
  query: Omit<PageQuery, "after">,
  read: (query: PageQuery, call: RedisCall) => Promise<Page<T>>,
): PageSource<T> {
  return async function* (first, call) {
    for (let after = first, isLast = false; !isLast; ) {
      const page = await read({ ...query, after }, call);
      yield page;
      after = page.next;
      isLast = after === undefined;
    }
  };
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

function routesOf(registrations: readonly Registration[]): readonly Route[] {
  return registrations.map((one) => routeOf(one.identity, one));
}
