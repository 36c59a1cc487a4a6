/** The identities that a filter can select, in order, page by page: everyone whom it does select is among them. */

import type { Call } from "@muster/core/slots";
import { compareStrings, type Filter } from "@muster/filter";
import { meetScript, pageScript } from "../scripts/candidates.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import { collect, type MOVING } from "./collection.ts";
import { type CandidateSource, type Choice, type ChosenCandidates, choose, EVERYONE } from "./choice.ts";
import { rangeBehind, type Stretch, stretchOf } from "./stretch.ts";

/** Most identities that one script is asked for or about. */
const MAX_PAGE = 1_000;

/** What an iteration is to give. */
export interface CandidateQuery {
  readonly after?: string | undefined;
  /** Of all pages but the first. */
  readonly pageSize: number;
  /** Default: as of the others. Most readers take one page and leave. */
  readonly firstSize?: number;
  /** Whether the page behind the one at hand will be wanted. Default: it will. */
  readonly isMoreWanted?: () => boolean;
}

/** One iteration. */
interface Walk extends Required<Omit<CandidateQuery, "after">> {
  readonly source: CandidateSource;
  readonly filter: Filter;
  readonly call: Call;
}

/** Identities of one page; `last`, up to where all have been looked at, is absent where that was all. */
interface Page {
  readonly identities: readonly string[];
  readonly last?: string;
}

/** Why it can't be read that way: the catalogue is another, or values never stand still for long enough. */
type Obstacle = typeof STALE_CATALOGUE | typeof MOVING;

/** Gives a page of so many behind an identity. */
type Reader = (after: string, size: number) => Promise<Page | Obstacle>;

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
  { after = "", pageSize, firstSize = pageSize, isMoreWanted = () => true }: CandidateQuery,
  call: Call,
): Promise<AsyncIterable<readonly string[]> | undefined> {
  const chosen = await choose(source, filter, call);
  const sizes = { pageSize: Math.min(pageSize, MAX_PAGE), firstSize: Math.min(firstSize, MAX_PAGE) };
  const walk = { source, filter, call, isMoreWanted, ...sizes };
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
  const { pageSize } = walk;
  let next: Promise<Page | Obstacle> | undefined = read(last, walk.firstSize);
  while (next !== undefined) {
    const page: Page | Obstacle = await next;
    if (typeof page === "string") {
      read = readerOf(walk, await another(walk, page));
      next = read(last, pageSize);
      continue;
    }
    last = page.last ?? last;
    const isAll: boolean = page.last === undefined;
    // Asked for before this page is consumed, so that nobody waits for the server twice.
    next = isAll || !walk.isMoreWanted() ? undefined : read(last, pageSize);
    next?.catch(() => undefined); // Told when it is its turn, if that ever comes.
    yield page.identities;
    if (!isAll) next ??= read(last, pageSize);
  }
}

async function another({ source, filter, call }: Walk, obstacle: Obstacle): Promise<ChosenCandidates> {
  const chosen = obstacle === STALE_CATALOGUE ? await choose(source, filter, call) : undefined;
  return chosen ?? { choice: EVERYONE, state: source.catalogue.current };
}

function readerOf(walk: Walk, { choice, state }: ChosenCandidates): Reader {
  const stretch = stretchOf(choice.lookups, walk.source.keys, state);
  const read = stretch === undefined ? collected(walk, choice, state) : inOrder(walk, stretch, state);
  if (choice.meet.length === 0) return read;
  return async (after, size) => {
    const page = await read(after, size);
    if (typeof page === "string" || page.identities.length === 0) return page;
    const identities = await meeting(walk, choice, state, page.identities);
    return typeof identities === "string" ? identities : { ...page, identities };
  };
}

/** Entries of one value, or identities, are in order as they stand. */
function inOrder({ source: { client, keys }, call }: Walk, stretch: Stretch, state: CatalogueState): Reader {
  const { key, prefix } = stretch;
  return async (after, size) => {
    const { min, max } = rangeBehind(stretch, after);
    if (max !== undefined && compareStrings(min, max) >= 0) return { identities: [] };
    const reply = await client.run(pageScript, [keys.catalogue, key], [state.version, min, max ?? "", size], call);
    if (reply === STALE_CATALOGUE) return STALE_CATALOGUE;
    const members = reply as readonly string[]; // As the script's header says.
    const identities = prefix === "" ? members : members.map((member) => member.slice(prefix.length));
    const last = identities.at(-1);
    return last === undefined || members.length < size ? { identities } : { identities, last };
  };
}

/** Whatever lies in several ranges, or in one of many values, is collected at once and put in order here. */
function collected({ source, call }: Walk, choice: Choice, state: CatalogueState): Reader {
  let all: Promise<readonly string[] | Obstacle> | undefined;
  return async (after, size) => {
    all ??= collect(source, choice.lookups, state, call);
    const identities = await all;
    if (typeof identities === "string") return identities;
    const from = firstBehind(identities, after);
    const page = identities.slice(from, from + size);
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
