/** What a filter selects: part of it by the registry, the rest here, page by page. */

import { compileFilter, type Facts, type Filter, type FilterTest, type Metadata } from "@muster/filter";
import type { Context } from "../context.ts";
import type { Call, Registration, Route, ScanQuery } from "../slots/index.ts";
import { TimeSlice } from "../tasks/time-slice.ts";
import { resumed } from "./resumed.ts";

/** What is asked of a registry at once. */
export const PAGE_SIZE = 1_000;
const NO_METADATA: Metadata = {};

/** A filter divided once per call; everyone is selected where both parts are absent. */
export interface Selection {
  /** For the registry. */
  readonly native: Filter | undefined;
  /** For us, over what the registry gave. */
  readonly residual: Filter | undefined;
}

/** Those of one page of the registry that are selected. */
export interface SelectedPage<Item extends Route> {
  readonly selected: readonly Item[];
  /** Last identity of the page, selected or not: everyone up to it has been looked at. */
  readonly last: string;
}

/** What a read finds: routes, with their metadata where somebody needs it. */
export interface Found extends Route {
  readonly metadata?: Metadata;
}

export type SelectionQuery = Pick<ScanQuery, "after"> & { readonly pageSize?: number };

/** `undefined` selects everyone. */
export function select({ registry }: Context, filter: Filter | undefined): Selection {
  if (filter === undefined) return { native: undefined, residual: undefined };
  if (registry.filters === undefined) return { native: undefined, residual: filter };
  const { native, residual } = registry.filters.split(filter);
  return { native, residual };
}

/** Whole records, in UTF-8 order of identity. */
export function selectedRecords(
  context: Context,
  selection: Selection,
  query: SelectionQuery,
  call: Call,
): AsyncGenerator<SelectedPage<Registration>, void, undefined> {
  const pages = resumed((after) => context.registry.scan(scanQuery(selection, query, after), call), query.after, call);
  return selectedOf(context, selection, pages, ({ metadata }) => metadata, call);
}

/** Routes, in UTF-8 order of identity; metadata is read only where the residual asks for it. */
export function selectedRoutes(
  context: Context,
  selection: Selection,
  query: SelectionQuery,
  call: Call,
): AsyncGenerator<SelectedPage<Route>, void, undefined> {
  if (selection.residual !== undefined && asks(selection.residual, "metadata")) {
    return selectedRecords(context, selection, query, call);
  }
  const { registry } = context;
  const pages = resumed((after) => registry.scanRoutes(scanQuery(selection, query, after), call), query.after, call);
  return selectedOf(context, selection, pages, () => NO_METADATA, call);
}

/** Whole records where `needsMetadata`, else routes. */
export function selectedFor(
  needsMetadata: boolean,
  context: Context,
  selection: Selection,
  query: SelectionQuery,
  call: Call,
): AsyncGenerator<SelectedPage<Found>, void, undefined> {
  return (needsMetadata ? selectedRecords : selectedRoutes)(context, selection, query, call);
}

/** The sessions among those of `routes` that live. */
export async function livingSessions(
  context: Context,
  routes: readonly Route[],
  call: Call,
): Promise<ReadonlySet<string>> {
  const sessions = new Set<string>();
  let last: string | undefined;
  for (const { session } of routes) {
    if (session !== undefined && session !== last) sessions.add(session);
    last = session;
  }
  return sessions.size === 0 ? sessions : await context.directory.living(sessions, call);
}

/** Whether messages reach it now: it has an address, and its session lives. */
export function isAttached({ session, address }: Route, living: ReadonlySet<string>): boolean {
  return address !== undefined && session !== undefined && living.has(session);
}

function scanQuery(
  { native }: Selection,
  { pageSize = PAGE_SIZE }: SelectionQuery,
  after: string | undefined,
): ScanQuery {
  return { pageSize, ...(after === undefined ? {} : { after }), ...(native === undefined ? {} : { filter: native }) };
}

async function* selectedOf<Item extends Route>(
  context: Context,
  { residual }: Selection,
  pages: AsyncIterable<readonly Item[]>,
  metadataOf: (item: Item) => Metadata,
  call: Call,
): AsyncGenerator<SelectedPage<Item>, void, undefined> {
  const test: FilterTest | undefined = residual === undefined ? undefined : compileFilter(residual);
  const asksAttached = residual !== undefined && asks(residual, "attached");
  const slice = new TimeSlice();
  for await (const page of pages) {
    const rest = slice.rest();
    if (rest !== undefined) await rest;
    const last = page.at(-1)?.identity;
    if (last === undefined) continue;
    if (test === undefined) {
      yield { selected: page, last };
      continue;
    }
    const living = asksAttached ? await livingSessions(context, page, call) : new Set<string>();
    const selected: Item[] = [];
    for (const item of page) {
      if (test(metadataOf(item), factsOf(item, living))) selected.push(item);
      const pause = slice.step();
      if (pause !== undefined) await pause;
    }
    yield { selected, last };
  }
}

function factsOf(route: Route, living: ReadonlySet<string>): Facts {
  return { identity: route.identity, registeredAt: route.registeredAt, attached: isAttached(route, living) };
}

/** Whether a comparison anywhere in the filter needs metadata, or the sessions. */
function asks(filter: Filter, what: "metadata" | "attached"): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some((node) => asks(node, what));
  if (filter.op === "not") return asks(filter.node, what);
  return "path" in filter ? what === "metadata" : what === filter.about;
}
