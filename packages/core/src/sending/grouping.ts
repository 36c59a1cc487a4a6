/** Sorts recipients by how they are reached: many with one frame to their node, or each with a message of its own. */

import { isAttached } from "../query/selection.ts";
import { isNodeAddress } from "../wire/addresses.ts";
import { type Content, frameBytes, type Recipients, recipientBytes } from "../wire/message-frame.ts";
import type { Route } from "../slots/index.ts";

/** No broker measured gained anything above this; a tenth of it gives four fifths of the gain. */
const MAX_RECIPIENTS = 1_000;
/** Recipients that may wait for their parcel to fill, over all addresses. */
const MAX_WAITING = 32_768;
/** Of UTF-8, for a code unit of UTF-16. */
const MAX_UNIT_BYTES = 3;

/** One frame to come: it is encoded when it is published. */
export interface Parcel extends Recipients {
  readonly address: string;
  readonly epochs: readonly number[];
  /** Of its frame, about. */
  readonly bytes: number;
}

/** Who of a page waits for no frame. */
export interface Sorted {
  readonly singles: Singles;
  /** Nobody serves them. */
  readonly unreached: readonly string[];
}

/** Recipients with an address each, by column. */
export type Singles = readonly [identities: string[], epochs: number[], addresses: string[]];

/** Who waits at an address; the session of the last of them, and the page's set of living ones in which that was found. */
type Group = readonly [
  identities: string[],
  epochs: number[],
  session: string | undefined,
  living: ReadonlySet<string>,
];

/** Every recipient that was added comes out exactly once: among those that {@link add} gives back, or in some parcel. */
export class Grouping {
  readonly #emptyBytes: number;
  readonly #maxBytes: number;
  readonly #emit: (parcel: Parcel) => void;
  /** By address, who waits there: no more than fill a parcel. */
  readonly #groups = new Map<string, Group>();
  #waiting = 0;

  /**
   * @param maxBytes what one body may take; room for at least one recipient has been checked before.
   * @param emit gets each parcel as soon as there are more than fill it, or too much waits, and the rest with {@link drain}.
   */
  constructor(content: Content, maxBytes: number, emit: (parcel: Parcel) => void) {
    this.#emptyBytes = frameBytes(content);
    this.#maxBytes = maxBytes;
    this.#emit = emit;
  }

  /** @param living whoever is served by another session is not reached. */
  add(routes: readonly Route[], living: ReadonlySet<string>): Sorted {
    const singles: Singles = [[], [], []];
    const full: string[] = [];
    const unreached = sortOut(routes, living, this.#groups, full, singles);
    this.#waiting += routes.length - singles[0].length - unreached.length;
    for (const address of full) this.#emitFrom(address, MAX_RECIPIENTS + 1);
    if (this.#waiting > MAX_WAITING) this.drain();
    return { singles, unreached };
  }

  /** Emits everything that waits. */
  drain(): void {
    for (const address of this.#groups.keys()) this.#emitFrom(address, 1);
  }

  /** Emits parcels for as long as so many wait at the address. */
  #emitFrom(address: string, atLeast: number): void {
    const group = this.#groups.get(address);
    if (group === undefined) return;
    let [identities, epochs] = group;
    while (identities.length >= atLeast) {
      const { count, bytes } = fitting(identities, this.#emptyBytes, this.#maxBytes);
      this.#emit({ address, identities: identities.slice(0, count), epochs: epochs.slice(0, count), bytes });
      identities = identities.slice(count);
      epochs = epochs.slice(count);
      this.#waiting -= count;
    }
    if (identities.length === 0) this.#groups.delete(address);
    else this.#groups.set(address, [identities, epochs, group[2], group[3]]);
  }
}

/**
 * What is done for each recipient; gives those that are not reached.
 *
 * It knows nothing but routes, arrays and maps. What an engine has compiled for objects of another shape it throws away
 * when it collects the last of them, as between two multicasts; compiling it anew took longer than the loop itself.
 */
function sortOut(
  routes: readonly Route[],
  living: ReadonlySet<string>,
  groups: Map<string, Group>,
  full: string[],
  [identities, epochs, addresses]: Singles,
): readonly string[] {
  const unreached: string[] = [];
  for (const route of routes) {
    const { identity, epoch, session, address } = route;
    const isOfNode = address !== undefined && isNodeAddress(address);
    const group = isOfNode ? groups.get(address) : undefined;
    if (group !== undefined && group[2] === session && group[3] === living) {
      group[1].push(epoch);
      if (group[0].push(identity) === MAX_RECIPIENTS + 1) full.push(address ?? "");
    } else if (address === undefined || !isAttached(route, living)) {
      unreached.push(identity);
    } else if (isOfNode) {
      const there: string[] = group?.[0] ?? [];
      const under: number[] = group?.[1] ?? [];
      under.push(epoch);
      if (there.push(identity) === MAX_RECIPIENTS + 1) full.push(address);
      groups.set(address, [there, under, session, living]);
    } else {
      identities.push(identity);
      epochs.push(epoch);
      addresses.push(address);
    }
  }
  return unreached;
}

/**
 * How many of the first of them one frame takes, and its bytes then: where they fit whatever is in their names, as if that were
 * ASCII. To count the bytes of a name costs more than all else that is done here for it.
 */
function fitting(
  identities: readonly string[],
  emptyBytes: number,
  maxBytes: number,
): { readonly count: number; readonly bytes: number } {
  const most = Math.min(identities.length, MAX_RECIPIENTS);
  const units = unitsOf(identities, most);
  const nameless = emptyBytes + most * recipientBytes("");
  if (nameless + MAX_UNIT_BYTES * units <= maxBytes) return { count: most, bytes: nameless + units };
  let bytes = emptyBytes;
  let count = 0;
  for (const identity of identities) {
    const more = recipientBytes(identity);
    if (count === MAX_RECIPIENTS || (count > 0 && bytes + more > maxBytes)) break;
    bytes += more;
    count += 1;
  }
  return { count, bytes };
}

/** UTF-16 code units of the first so many. */
function unitsOf(identities: readonly string[], count: number): number {
  let units = 0;
  for (let index = 0; index < count; index += 1) units += identities[index]?.length ?? 0;
  return units;
}
