/** Reading registrations one by one and in pages, and counting them. */

import type { Census } from "@muster/core/slots";
import type { Filter } from "@muster/filter";
import { conditionOf, readsMetadata } from "../filter.ts";
import { Parameters } from "../selection/parameters.ts";
import type { Parameter, Row, Store } from "../store/store.ts";
import { countedIn } from "./counting.ts";
import { narrowestIndex } from "./probing.ts";
import { IS_NO_SESSION, isLive, REGISTRATION_COLUMNS, ROUTE_COLUMNS, WITH_METADATA } from "./rows.ts";

export interface GetManyArgs {
  readonly namespace: string;
  readonly identities: readonly string[];
}

const GET = `select ${REGISTRATION_COLUMNS} from muster_registrations r ${WITH_METADATA}
  where r.namespace = ?1 and r.identity = ?2 and ${isLive("?3")}`;

/** In the order of the identities. */
export function getMany(store: Store, { namespace, identities }: GetManyArgs): readonly (Row | undefined)[] {
  const now = store.now();
  return identities.map((identity) => store.get(GET, [namespace, identity, now]));
}

export interface PageArgs {
  readonly namespace: string;
  /** Behind this identity. */
  readonly after: string;
  readonly limit: number;
  readonly filter: Filter | undefined;
  readonly session: string | undefined;
  readonly columns: "route" | "registration";
}

/** One page: those behind `after`, in the order of their identities, at most `limit`. */
export function readPage(store: Store, args: PageArgs): readonly Row[] {
  const now = store.now(); // Before anything is seen, so that what is renewed meanwhile is never taken for expired.
  const { text, values } = pageStatement(args, { now, index: indexFor(store, args) });
  return store.all(text, values);
}

export interface SelectStatement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

/** What is known of the file when a statement is written. */
export interface Circumstances {
  readonly now: number;
  /** Of a field; it has few candidates. */
  readonly index: string | undefined;
}

export function pageStatement(args: PageArgs, circumstances: Circumstances): SelectStatement {
  const parameters = new Parameters();
  const needsMetadata = args.columns === "registration";
  const { from, where, row } = selectionOf({ ...args, needsMetadata }, circumstances, parameters);
  const text = `select ${needsMetadata ? REGISTRATION_COLUMNS : ROUTE_COLUMNS} from ${from}
    where ${where} and ${row}.identity > ${parameters.add(args.after)}
    order by ${row}.identity limit ${parameters.add(args.limit)}`;
  return { text, values: parameters.values };
}

export interface CountArgs {
  readonly namespace: string;
  readonly filter: Filter | undefined;
}

/** How many live registrations a native part selects. */
export function countMatching(store: Store, { namespace, filter }: CountArgs): number {
  const parameters = new Parameters();
  const wanted = { namespace, filter, session: undefined, needsMetadata: false };
  const circumstances = { now: store.now(), index: indexFor(store, wanted) };
  const { from, where } = selectionOf(wanted, circumstances, parameters);
  return Number(store.get(`select count(*) from ${from} where ${where}`, parameters.values)?.[0] ?? 0);
}

const COUNT_EXPIRED = `select count(*) from muster_registrations r
  where r.namespace = ? and r.buried_at is null and r.expires_at <= ? and ${IS_NO_SESSION}`;

export function takeCensus(store: Store, { namespace }: { readonly namespace: string }): Census {
  const expired = Number(store.get(COUNT_EXPIRED, [namespace, store.now()])?.[0] ?? 0);
  return { counted: countedIn(store, namespace), expired };
}

interface Wanted {
  readonly namespace: string;
  readonly filter: Filter | undefined;
  readonly session: string | undefined;
  readonly needsMetadata: boolean;
}

interface Selection {
  readonly from: string;
  readonly where: string;
  /** The row that is found first, by an index; the other one by its key. */
  readonly row: "r" | "m";
}

/** Who lives, is no session, and is selected by the filter. */
function selectionOf(wanted: Wanted, { now, index }: Circumstances, parameters: Parameters): Selection {
  const { namespace, filter, session, needsMetadata } = wanted;
  const isByMetadata = filter !== undefined && readsMetadata(filter);
  // What one session serves is found by an index of registrations, and is mostly little.
  const row = isByMetadata && session === undefined ? "m" : "r";
  const conditions = [
    `${row}.namespace = ${parameters.add(namespace)}`,
    isLive(parameters.add(now)),
    IS_NO_SESSION,
    ...(filter === undefined ? [] : [conditionOf(filter, parameters)]),
    ...(session === undefined ? [] : [`r.session = ${parameters.add(session)}`]),
  ];
  const from = row === "m" ? fromMetadata(index) : fromRegistrations(isByMetadata || needsMetadata);
  return { from, where: conditions.join(" and "), row };
}

/** `cross` keeps the order in which rows are found. */
function fromRegistrations(withMetadata: boolean): string {
  return `muster_registrations r${withMetadata ? ` cross ${WITH_METADATA}` : ""}`;
}

function fromMetadata(index: string | undefined): string {
  const by = index === undefined ? "" : ` indexed by ${index}`;
  return `muster_metadata m${by} cross join muster_registrations r
    on r.namespace = m.namespace and r.identity = m.identity`;
}

function indexFor(store: Store, { namespace, filter, session }: Omit<Wanted, "needsMetadata">): string | undefined {
  if (filter === undefined || session !== undefined || !readsMetadata(filter)) return undefined;
  return narrowestIndex(store, namespace, filter);
}
