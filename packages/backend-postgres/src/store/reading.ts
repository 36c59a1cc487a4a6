/** Reading registrations one by one and in pages, and counting them. */

import { type Census, type Registration, type Route, type ScanQuery, SESSION_PREFIX } from "@muster/core/slots";
import type { Filter } from "@muster/filter";
import type { Parameter, PostgresCall } from "../client.ts";
import { type ReadRow, REGISTRATION_COLUMNS, registrationIn, ROUTE_COLUMNS, routeIn, textArray } from "../codec.ts";
import { conditionOf, readsMetadata } from "../filter.ts";
import { Parameters } from "../selection/parameters.ts";
import { identityIn, type Target } from "../selection/writing.ts";
import { routesIn } from "./routes.ts";
import type { Namespace } from "./namespace.ts";
import { IS_LIVE, isNoSession, withMetadata, withRegistration } from "./statements.ts";

/** Of identities that are asked for at once. */
const MAX_ASKED = 1_000;
/** Of rows that come at once, however long a page may be: with metadata, and without. */
const MAX_RECORDS = 1_000;
const MAX_ROUTES = 10_000;

/** The contract's `getMany`. */
export async function getMany(
  { client, name, sql }: Namespace,
  identities: readonly string[],
  call: PostgresCall,
): Promise<readonly (Registration | undefined)[]> {
  const found = new Map<string, Registration>();
  for (let start = 0; start < identities.length; start += MAX_ASKED) {
    const asked = textArray(identities.slice(start, start + MAX_ASKED));
    for (const row of await client.read(sql.getMany, [name, asked], call)) {
      const registration = registrationIn(row);
      found.set(registration.identity, registration);
    }
  }
  return identities.map((identity) => found.get(identity));
}

/** The contract's `census`. */
export async function readCensus(
  { client, name, sql }: Namespace,
  minExpired: number,
  call: PostgresCall,
): Promise<Census> {
  const [[counted = null, expired = null] = []] = await client.query(sql.census, [name, minExpired], call);
  return { counted: Number(counted), expired: Number(expired) };
}

/** How many live registrations a native part selects. */
export async function count(namespace: Namespace, filter: Filter | undefined, call: PostgresCall): Promise<number> {
  const { client, name } = namespace;
  const parameters = new Parameters([name]);
  const isByMetadata = filter !== undefined && readsMetadata(filter);
  const source = sourceOf(namespace, { isByMetadata, needsMetadata: isByMetadata });
  const where = [...selectionOf(namespace, filter, source, parameters), noSessionIn(source)].join(" and ");
  const text = `select count(*) from ${source.from} where ${where}`;
  const [[number = null] = []] = await client.query(text, parameters.values, call);
  return Number(number);
}

interface Page<T> {
  readonly items: readonly T[];
  /** Behind whom the next one begins; `undefined`: nobody comes behind them. */
  readonly last: string | undefined;
}

/** Of what was read for a page, one more than it holds if there are more: then nobody has to ask whether there are. */
function pageOf<T extends Route>(found: readonly T[], limit: number): Page<T> {
  if (found.length <= limit) return { items: found, last: undefined };
  return { items: found.slice(0, limit), last: found[limit - 1]?.identity };
}

/** Reads the page behind an identity, from the first if there is none. */
export type PageReader<T> = (after: string | undefined, call: PostgresCall) => Promise<Page<T>>;

export function registrationPages(namespace: Namespace, query: ScanQuery): PageReader<Registration> {
  const columns = REGISTRATION_COLUMNS;
  return reader(namespace, query, { columns, needsMetadata: true, maxRows: MAX_RECORDS, read: registrationIn });
}

/** Reads no metadata, unless a filter asks about it. */
export function routePages(namespace: Namespace, query: ScanQuery): PageReader<Route> {
  if (query.filter === undefined && query.session === undefined) return everyRoute(namespace, query);
  return reader(namespace, query, { columns: ROUTE_COLUMNS, needsMetadata: false, maxRows: MAX_ROUTES, read: routeIn });
}

function everyRoute({ client, name }: Namespace, { pageSize }: ScanQuery): PageReader<Route> {
  const limit = Math.min(Math.floor(pageSize), MAX_ROUTES);
  const text = `select * from ${client.names.call("scan_routes")}($1, $2, $3)`;
  return async (after, call) => {
    const [row = []] = await client.query(text, [name, after ?? "", limit + 1], call);
    return pageOf(routesIn(row), limit);
  };
}

interface Reading<T> {
  readonly columns: string;
  readonly needsMetadata: boolean;
  readonly maxRows: number;
  read(row: ReadRow): T;
}

/** Each page is a statement of its own, which begins behind the last one's last identity: nobody comes twice. */
function reader<T extends Route>(
  namespace: Namespace,
  { filter, session, pageSize }: ScanQuery,
  { columns, needsMetadata, maxRows, read }: Reading<T>,
): PageReader<T> {
  const { client, name } = namespace;
  const limit = Math.min(Math.floor(pageSize), maxRows);
  const paged = (text: string, values: readonly Parameter[]): PageReader<T> => {
    return async (after, call) => {
      const { items, last } = pageOf((await client.read(text, values.with(1, after ?? ""), call)).map(read), limit);
      return { items: items.filter(({ identity }) => !identity.startsWith(SESSION_PREFIX)), last };
    };
  };
  if (filter === undefined && session === undefined) {
    const from = `${client.names.call("scan_registrations")}($1, $2, $3) r`;
    const more = needsMetadata ? ` ${withMetadata(client.names)}` : "";
    return paged(`select ${columns} from ${from}${more} order by r.identity`, [name, "", limit + 1]);
  }
  const readsIt = filter !== undefined && readsMetadata(filter);
  // What one session serves is found by an index of registrations, and is mostly little.
  const isByMetadata = readsIt && session === undefined;
  const source = sourceOf(namespace, { isByMetadata, needsMetadata: needsMetadata || readsIt });
  const identity = identityIn(source);
  const parameters = new Parameters([name, "", limit + 1]);
  const conditions = [...selectionOf(namespace, filter, source, parameters), `${identity} > $2`];
  // Hardly any session is found where a value is asked for: dropping it takes less time than the server takes to think of it.
  if (filter === undefined || !asksForValue(filter)) conditions.push(noSessionIn(source));
  if (session !== undefined) conditions.push(`r.session = ${parameters.text(session)}`);
  const text = `select ${columns} from ${source.from} where ${conditions.join(" and ")} order by ${identity} limit $3`;
  return paged(text, parameters.values);
}

/** Which row of an identity is found first, and how the other one then is. */
export interface Source {
  readonly first: Target["first"];
  readonly from: string;
}

export function sourceOf(
  { client: { names } }: Namespace,
  { isByMetadata, needsMetadata }: { readonly isByMetadata: boolean; readonly needsMetadata: boolean },
): Source {
  if (isByMetadata) return { first: "metadata", from: `${names.metadata} m ${withRegistration(names)}` };
  const more = needsMetadata ? ` ${withMetadata(names)}` : "";
  return { first: "registrations", from: `${names.registrations} r${more}` };
}

/** Who lives and is selected by the filter, sessions included. */
export function selectionOf(
  { client: { names }, name, indexes }: Namespace,
  filter: Filter | undefined,
  { first }: Source,
  parameters: Parameters,
): readonly string[] {
  const conditions = first === "metadata" ? ["m.namespace = $1"] : ["r.namespace = $1", IS_LIVE];
  if (filter !== undefined)
    conditions.push(conditionOf(filter, { names, namespace: name, indexes, first }, parameters));
  return conditions;
}

/** One condition, not two ranges, of which the server would think for longer than it takes to ask each row. */
export function noSessionIn(source: Source): string {
  return `${isNoSession(identityIn(source))} is true`;
}

/** Whether it selects nobody whose metadata is empty, as that of sessions is. */
function asksForValue(filter: Filter): boolean {
  if (filter.op === "and") return filter.nodes.some(asksForValue);
  if (filter.op === "or") return filter.nodes.every(asksForValue);
  return "path" in filter && !(filter.op === "exists" && filter.value === false);
}
