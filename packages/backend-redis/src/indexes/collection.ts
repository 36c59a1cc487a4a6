/** Candidates that do not stand in the order of identities: read range by range, and put in order here. */

import type { Call } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Lookup } from "../filter.ts";
import { collectScript } from "../scripts/candidates.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { CatalogueState } from "./catalogue-state.ts";
import { type AskedRange, type CandidateSource, MAX_RANGES, rangeArguments, rangesOf } from "./choice.ts";

/** Values have moved in the indexes while they were read, each time it was tried. */
export const MOVING = "moving";

/** Members that one script reads, which takes the server up to some 5 ms. */
const MAX_MEMBERS = 5_000;
/** As often it is tried to read what stands still; there are other ways. */
const ATTEMPTS = 2;

/**
 * The identities in any of the lookups, as they were at one moment, in UTF-8 byte order, none twice.
 *
 * What takes more than one script is read again if anybody has moved from one place of an index to another meanwhile: he
 * might have been missed in both, although he matches throughout.
 */
export async function collect(
  source: CandidateSource,
  lookups: readonly Lookup[],
  state: CatalogueState,
  call: Call,
): Promise<readonly string[] | typeof STALE_CATALOGUE | typeof MOVING> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await readThrough(source, rangesOf(lookups), state, call);
    if (found === STALE_CATALOGUE) return found;
    if (found !== MOVING) return [...new Set(found)].sort(compareStrings);
  }
  return MOVING;
}

async function readThrough(
  { client, keys }: CandidateSource,
  asked: readonly AskedRange[],
  state: CatalogueState,
  call: Call,
): Promise<readonly string[] | typeof STALE_CATALOGUE | typeof MOVING> {
  const identities: string[] = [];
  let firstMoves: string | undefined;
  for (let left = asked; left.length > 0; ) {
    const some = left.slice(0, MAX_RANGES);
    const allKeys = [keys.catalogue, keys.order, ...state.indexKeys];
    const head = [state.version, MAX_MEMBERS];
    const reply = await client.run(collectScript, allKeys, [...head, ...rangeArguments(some)], call);
    if (reply === STALE_CATALOGUE) return STALE_CATALOGUE;
    const [moves, ...found] = reply as readonly [string, ...(readonly string[])[]]; // As the script's header says.
    firstMoves ??= moves;
    if (moves !== firstMoves) return MOVING;
    for (const [i, members] of found.entries()) {
      for (const member of members) identities.push(identityIn(some[i], member));
    }
    left = remaining(left, found);
  }
  return identities;
}

/** What is not read yet; of the last range that was read at all, what lies behind its last member. */
function remaining(asked: readonly AskedRange[], found: readonly (readonly string[])[]): readonly AskedRange[] {
  const isFull = found.reduce((sum, { length }) => sum + length, 0) >= MAX_MEMBERS;
  const [last, rest] = [asked[found.length - 1], asked.slice(found.length)];
  const member = found.at(-1)?.at(-1);
  if (!isFull || last === undefined || member === undefined) return rest;
  // Nothing lies between a member and itself with a NUL behind.
  return [{ lookup: last.lookup, range: { min: `${member}\0`, max: last.range.max } }, ...rest];
}

function identityIn(asked: AskedRange | undefined, member: string): string {
  return asked?.lookup.index === "order" ? member : member.slice(member.indexOf("\0") + 1);
}
