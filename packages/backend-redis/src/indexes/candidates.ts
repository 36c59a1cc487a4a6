/** The identities that a filter can select, in order, page by page: everyone whom it does select is among them. */

import type { Call } from "@muster/core/slots";
import { compareStrings, type Filter } from "@muster/filter";
import { meetScript, pageScript } from "../scripts/candidates.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import { collect, type MOVING } from "./collection.ts";
import { type CandidateSource, type Choice, type ChosenCandidates, choose, EVERYONE, isInOrder } from "./choice.ts";

/** Most identities that one script is asked for or about. */
const MAX_PAGE = 1_000;

/** One iteration. */
interface Walk {
  readonly source: CandidateSource;
  readonly filter: Filter;
  readonly pageSize: number;
  readonly call: Call;
}

/** Identities of one page; `last`, up to where all have been looked at, is absent where that was all. */
interface Page {
  readonly identities: readonly string[];
  readonly last?: string;
}

/** Why it can't be read that way: the catalogue is another, or values never stand still for long enough. */
type Obstacle = typeof STALE_CATALOGUE | typeof MOVING;

/** Gives the page behind an identity. */
type Reader = (after: string) => Promise<Page | Obstacle>;

/**
 * Pages of at most `pageSize` and 1,000 candidates behind `after`, in UTF-8 byte order, none twice; a page may be empty.
 * Whoever matches throughout is among them, whatever is written meanwhile. `undefined`: no index narrows the filter enough
 * to be faster than reading everyone.
 *
 * @throws as `RedisClient.run`, also later from the iteration.
 */
export async function candidatePages(
  source: CandidateSource,
  filter: Filter,
  { after = "", pageSize }: { readonly after?: string | undefined; readonly pageSize: number },
  call: Call,
): Promise<AsyncIterable<readonly string[]> | undefined> {
  const chosen = await choose(source, filter, call);
  const walk = { source, filter, call, pageSize: Math.min(pageSize, MAX_PAGE) };
  return chosen && pages(walk, chosen, after);
}

/** Where there is no going on that way, goes on behind the last identity in the best that is left, be it with everyone. */
async function* pages(
  walk: Walk,
  first: ChosenCandidates,
  after: string,
): AsyncGenerator<readonly string[], void, undefined> {
  let last = after;
  let read = readerOf(walk, first);
  let next: Promise<Page | Obstacle> | undefined = read(last);
  while (next !== undefined) {
    const page: Page | Obstacle = await next;
    if (typeof page === "string") {
      read = readerOf(walk, await another(walk, page));
      next = read(last);
      continue;
    }
    last = page.last ?? last;
    // Asked for before this page is consumed, so that nobody waits for the server twice.
    next = page.last === undefined ? undefined : read(page.last);
    next?.catch(() => undefined); // Told when it is its turn, if that ever comes.
    yield page.identities;
  }
}

async function another({ source, filter, call }: Walk, obstacle: Obstacle): Promise<ChosenCandidates> {
  const chosen = obstacle === STALE_CATALOGUE ? await choose(source, filter, call) : undefined;
  return chosen ?? { choice: EVERYONE, state: source.catalogue.current };
}

function readerOf(walk: Walk, { choice, state }: ChosenCandidates): Reader {
  const read = isInOrder(choice.lookups) ? inOrder(walk, choice, state) : collected(walk, choice, state);
  if (choice.meet.length === 0) return read;
  return async (after) => {
    const page = await read(after);
    if (typeof page === "string" || page.identities.length === 0) return page;
    const identities = await meeting(walk, choice, state, page.identities);
    return typeof identities === "string" ? identities : { ...page, identities };
  };
}

/** Entries of one value, or identities, are in order as they stand. */
function inOrder(
  { source: { client, keys }, pageSize, call }: Walk,
  { lookups: [lookup] }: Choice,
  state: CatalogueState,
): Reader {
  const [range] = lookup?.ranges ?? [];
  if (lookup === undefined || range === undefined) return async () => ({ identities: [] });
  const isOrder = lookup.index === "order";
  const key = lookup.index === "order" ? keys.order : (state.indexKeys[lookup.index] ?? "");
  const prefix = isOrder ? "" : range.min;
  return async (after) => {
    // Nothing lies between an identity and itself with a NUL behind.
    const behind = after === "" ? prefix : `${prefix}${after}\0`;
    const min = compareStrings(behind, range.min) > 0 ? behind : range.min;
    if (range.max !== undefined && compareStrings(min, range.max) >= 0) return { identities: [] };
    const reply = await client.run(
      pageScript,
      [keys.catalogue, key],
      [state.version, min, range.max ?? "", pageSize],
      call,
    );
    if (reply === STALE_CATALOGUE) return STALE_CATALOGUE;
    const members = reply as readonly string[]; // As the script's header says.
    const identities = isOrder ? members : members.map((member) => member.slice(prefix.length));
    const last = identities.at(-1);
    return last === undefined || members.length < pageSize ? { identities } : { identities, last };
  };
}

/** Whatever lies in several ranges, or in one of many values, is collected at once and put in order here. */
function collected({ source, pageSize, call }: Walk, choice: Choice, state: CatalogueState): Reader {
  let all: Promise<readonly string[] | Obstacle> | undefined;
  return async (after) => {
    all ??= collect(source, choice.lookups, state, call);
    const identities = await all;
    if (typeof identities === "string") return identities;
    const from = firstBehind(identities, after);
    const page = identities.slice(from, from + pageSize);
    const last = page.at(-1);
    return last === undefined || from + page.length === identities.length
      ? { identities: page }
      : { identities: page, last };
  };
}

async function meeting(
  { source: { client, keys }, call }: Walk,
  { meet }: Choice,
  state: CatalogueState,
  identities: readonly string[],
): Promise<readonly string[] | Obstacle> {
  const reply = await client.run(
    meetScript,
    [keys.catalogue, ...meet.map(({ index }) => state.indexKeys[index] ?? "")],
    [state.version, ...meet.map(({ value }) => `${value}\0`), ...identities],
    call,
  );
  return reply === STALE_CATALOGUE ? STALE_CATALOGUE : (reply as readonly string[]); // As the script's header says.
}

function firstBehind(identities: readonly string[], after: string): number {
  let [low, high] = [0, identities.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareStrings(identities[middle] ?? "", after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
