/**
 * Routes in the order of their identities, in a quarter of the memory that as many objects take: 60 bytes and the name. What
 * has been asked for is kept as objects, too, for as long as there are few: to make them costs more than all else.
 */

import { partition, type Route } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";

/** Routes of one block, which is what a change has to write anew. */
const BLOCK = 256;
/** Beyond these, places are shared by those who come later. */
const MAX_PLACES = 10_000;
/** As many are kept as objects, too: a few megabytes. */
const MAX_UNPACKED = 32_768;
/** In no name and no address. */
const NUL = "\0";

/** What an identity has become: a route, or nothing. */
export interface RouteChange {
  readonly identity: string;
  readonly route: Route | undefined;
}

/** What many have in common. */
type Place = Pick<Route, "session" | "address" | "ttlMs">;

/** Up to {@link BLOCK} routes, column by column. None is empty. */
interface Block {
  readonly last: string;
  readonly size: number;
  /** As JSON: what is cut out of a text stays part of it, and costs twice as much whenever somebody reads it. */
  readonly names: string;
  /** Likewise, where most of them have an address of their own; no place has one then. */
  readonly addresses: string | undefined;
  readonly places: readonly Place[];
  /** Epochs, times of registration, revisions, and expiries, NaN where there is none. */
  readonly numbers: Float64Array;
  /** The same as objects, once somebody has asked for them. */
  routes: readonly Route[] | undefined;
}

export class PackedRoutes {
  readonly #blocks: Block[] = [];
  /** Of the latest routes, so that those of one session share theirs. */
  readonly #places = new Map<string, Place>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds what stands behind all that there are, in order. */
  append(routes: readonly Route[]): void {
    this.#blocks.push(...this.#packed(routes));
    this.#size += routes.length;
  }

  /** What stands behind an identity, in order: at least so many, if there are. */
  behind(identity: string | undefined, atLeast: number): readonly Route[] {
    const found: Route[] = [];
    const isBefore = (last: string): boolean => identity !== undefined && compareStrings(last, identity) <= 0;
    for (let at = partition(this.#blocks, ({ last }) => isBefore(last)); at < this.#blocks.length; at += 1) {
      const routes = this.#routesOf(this.#blocks[at]);
      const from = found.length > 0 ? 0 : partition(routes, (route) => isBefore(route.identity));
      found.push(...(from === 0 ? routes : routes.slice(from)));
      if (found.length >= atLeast) break;
    }
    return found;
  }

  /** Writes changes of as many identities. */
  write(changes: readonly RouteChange[]): void {
    const sorted = changes.toSorted((a, b) => compareStrings(a.identity, b.identity));
    for (let from = 0; from < sorted.length; ) {
      const first = sorted[from]?.identity ?? "";
      const found = partition(this.#blocks, ({ last }) => compareStrings(last, first) < 0);
      const at = Math.min(found, Math.max(this.#blocks.length - 1, 0));
      const block = this.#blocks[at];
      const isLast = at >= this.#blocks.length - 1;
      const to = isLast || block === undefined ? sorted.length : behindThose(sorted, from, block.last);
      const merged = mergedWith(unpacked(block), sorted.slice(from, to));
      this.#blocks.splice(at, 1, ...this.#packed(merged));
      this.#size += merged.length - (block?.size ?? 0);
      from = to;
    }
  }

  #routesOf(block: Block | undefined): readonly Route[] {
    if (block === undefined || this.#size > MAX_UNPACKED) return unpacked(block);
    return (block.routes ??= unpacked(block));
  }

  #packed(routes: readonly Route[]): readonly Block[] {
    const blocks: Block[] = [];
    const count = Math.ceil(routes.length / BLOCK);
    for (let number = 0; number < count; number += 1) {
      // Of equal size, so that none is nearly empty.
      const [from, to] = [number, number + 1].map((part) => Math.round((part * routes.length) / count));
      blocks.push(this.#block(routes.slice(from, to)));
    }
    return blocks;
  }

  #block(routes: readonly Route[]): Block {
    const size = routes.length;
    const numbers = new Float64Array(4 * size);
    const addresses = routes.map(({ address = "" }) => address);
    const areOwn = new Set(addresses).size > size / 2;
    const places: Place[] = [];
    for (const [at, route] of routes.entries()) {
      numbers[at] = route.epoch;
      numbers[size + at] = route.registeredAt;
      numbers[2 * size + at] = route.revision;
      numbers[3 * size + at] = route.expiresAt ?? Number.NaN;
      places.push(this.#placeOf(areOwn ? { ...route, address: undefined } : route));
    }
    const names = routes.map(({ identity }) => identity);
    return {
      last: names.at(-1) ?? "",
      size,
      names: JSON.stringify(names),
      addresses: areOwn ? JSON.stringify(addresses) : undefined,
      places,
      numbers,
      routes: undefined,
    };
  }

  #placeOf({ session, address, ttlMs }: Route): Place {
    const key = `${session}${NUL}${address}${NUL}${ttlMs}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#places.size >= MAX_PLACES) this.#places.clear();
    const place = { session, address, ttlMs };
    this.#places.set(key, place);
    return place;
  }
}

function unpacked(block: Block | undefined): readonly Route[] {
  if (block === undefined) return [];
  const { size, numbers, places } = block;
  const names = JSON.parse(block.names) as readonly string[]; // As it was written.
  const addresses = block.addresses === undefined ? undefined : (JSON.parse(block.addresses) as readonly string[]);
  return names.map((identity, at) => {
    const expiresAt = numbers[3 * size + at];
    return {
      identity,
      epoch: numbers[at] ?? 0,
      session: places[at]?.session,
      address: addresses === undefined ? places[at]?.address : addresses[at] || undefined,
      registeredAt: numbers[size + at] ?? 0,
      expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
      ttlMs: places[at]?.ttlMs,
      revision: numbers[2 * size + at] ?? 0,
    };
  });
}

/** How far the changes go that belong before or to an identity. */
function behindThose(sorted: readonly RouteChange[], from: number, last: string): number {
  let to = from;
  while (to < sorted.length && compareStrings(sorted[to]?.identity ?? "", last) <= 0) to += 1;
  return to;
}

/** Both in order. */
function mergedWith(routes: readonly Route[], changes: readonly RouteChange[]): readonly Route[] {
  const merged: Route[] = [];
  let at = 0;
  for (const { identity, route } of changes) {
    for (let next = routes[at]; next !== undefined && compareStrings(next.identity, identity) < 0; next = routes[at]) {
      merged.push(next);
      at += 1;
    }
    if (routes[at]?.identity === identity) at += 1;
    if (route !== undefined) merged.push(route);
  }
  return [...merged, ...routes.slice(at)];
}
