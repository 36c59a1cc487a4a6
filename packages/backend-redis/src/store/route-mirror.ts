/**
 * Where everyone is, kept in this process by one that asks for it again and again: then it reads only what has changed since.
 *
 * It is as true as a scan. Each that is answered from here asks the server first, which tells everything that has been
 * written before (`scripts/changes.ts`), and its clock: what has expired by that is not given out.
 */

import type { Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { hasExpired, StampReader } from "../codec.ts";
import { misconfigured } from "../connection/driver-options.ts";
import { type Change, type Changes, changesBehind, follow, isNoEarlier, KEPT_MS, type LogPlace } from "./change-log.ts";
import type { Namespace } from "./namespace.ts";
import { PackedRoutes } from "./packed-routes.ts";
import type { PageSource } from "./pages.ts";
import { endOf, type Page } from "./reading.ts";

/** Default of `maxMirroredRoutes`. */
const MAX_ROUTES = 1_000_000;
/** Who reads everyone twice within so many ms begins to mirror; who does not ask for as long ceases. */
const WANTED_MS = KEPT_MS;
/** Long before a log that is followed ends, ms. */
const REFRESH_MS = KEPT_MS / 3;
/** A scan that takes longer asks again what has changed, ms. */
const FRESH_MS = 50;
const PAGE = 1_000;
/** Where more than this share has changed since, reading everyone is quicker, and for a minute nobody mirrors. */
const MAX_CHANGED = 0.25;

/** Everyone as of a place in the log. */
interface Mirrored {
  place: LogPlace;
  readonly routes: PackedRoutes;
  /** By `performance.now()`. */
  followedAt: number;
  usedAt: number;
}

/** Everyone as of a moment: the server's time, and what turns one into an instant of `performance.now()` that is no later. */
interface UpToDate {
  readonly routes: PackedRoutes;
  readonly now: number;
  readonly offset: number;
}

/** As the option says. @throws CONFIG_INVALID */
export function checkedMaxRoutes(maxRoutes: number = MAX_ROUTES): number {
  if (Number.isInteger(maxRoutes) && maxRoutes >= 0) return maxRoutes;
  throw misconfigured("maxMirroredRoutes", "it is an integer, and not negative");
}

export class RouteMirror {
  readonly #maxRoutes: number;
  #mirrored: Mirrored | undefined;
  #isLoading = false;
  /** The last that has been read to its end. */
  #lastWhole: { readonly endedAt: number; readonly size: number } | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** By `performance.now()`. */
  #isNotWorthItUntil = 0;

  constructor(maxRoutes: number) {
    this.#maxRoutes = maxRoutes;
  }

  /** Of a scan of everyone, which is read by `scan` where there is no mirror. */
  sourceOf(namespace: Namespace, scan: PageSource<Route>): PageSource<Route> {
    return (after, call, appetite) => this.#source(namespace, after, call, (behind) => scan(behind, call, appetite));
  }

  close(): void {
    this.#drop();
    this.#lastWhole = undefined;
  }

  async *#source(
    namespace: Namespace,
    after: string | undefined,
    call: RedisCall,
    scan: (after: string | undefined) => AsyncIterable<Page<Route>>,
  ): AsyncGenerator<Page<Route>, void, undefined> {
    const given = yield* this.#pages(namespace, after, call);
    if (given === "all") return;
    const pages = scan(given.behind);
    yield* given.behind === undefined ? this.#recorded(namespace, pages, call) : pages;
  }

  /** Gives what it has, as long as it is known to be true: all, or up to an identity. */
  async *#pages(
    namespace: Namespace,
    after: string | undefined,
    call: RedisCall,
  ): AsyncGenerator<Page<Route>, "all" | { readonly behind: string | undefined }, undefined> {
    let behind = after;
    let everyone: UpToDate | undefined;
    while (true) {
      if (everyone === undefined || performance.now() - everyone.offset - everyone.now > FRESH_MS) {
        everyone = await this.#update(namespace, call);
      }
      if (everyone === undefined) return { behind };
      const { routes, now, offset } = everyone;
      const known = routes.behind(behind, PAGE);
      if (known.length === 0) return "all";
      const present = performance.now() - offset;
      const isFresh = endOf(known) > present;
      if (!isFresh && known.some((route) => hasExpired(route, present) && !hasExpired(route, now))) {
        everyone = undefined; // Perhaps he has been renewed meanwhile.
        continue;
      }
      const items = isFresh ? known : known.filter((route) => !hasExpired(route, now));
      behind = known.at(-1)?.identity;
      yield { items, freshUntil: endOf(items) + offset };
    }
  }

  /** Catches up with the log; `undefined`: there is no mirror, or none any more. */
  async #update(namespace: Namespace, call: RedisCall): Promise<UpToDate | undefined> {
    for (let changed = 0; ; ) {
      const mirrored = this.#mirrored;
      if (mirrored === undefined) return undefined;
      const sentAt = performance.now();
      mirrored.usedAt = sentAt;
      if (sentAt - mirrored.followedAt > REFRESH_MS) {
        mirrored.followedAt = sentAt;
        await followed(namespace, call);
      }
      const told = await changesBehind(namespace, mirrored.place, call);
      if (told === undefined) {
        if (this.#mirrored === mirrored) this.#drop();
        return undefined;
      }
      // Of two that ask at once the one who is answered first may have been told more.
      if (isNoEarlier(told.place, mirrored.place)) this.#apply(namespace, mirrored, told);
      changed += told.changes.length;
      if (told.hasMore && changed > MAX_CHANGED * mirrored.routes.size) {
        this.#isNotWorthItUntil = performance.now() + WANTED_MS;
        this.#drop();
      }
      if (this.#mirrored !== mirrored || told.hasMore) continue;
      return { routes: mirrored.routes, now: told.now, offset: sentAt - told.now };
    }
  }

  #apply(namespace: Namespace, mirrored: Mirrored, { changes, place }: Changes): void {
    const reader = new StampReader(namespace.servers);
    const routeOf = ({ identity, stamp }: Change): Route | undefined => stamp && reader.readRoute(identity, stamp);
    mirrored.routes.write(changes.map((change) => ({ identity: change.identity, route: routeOf(change) })));
    mirrored.place = place;
    if (mirrored.routes.size > this.#maxRoutes && this.#mirrored === mirrored) this.#drop();
  }

  /** A scan of everyone, from which a mirror is made if one is wanted and it is read to its end. */
  async *#recorded(
    namespace: Namespace,
    pages: AsyncIterable<Page<Route>>,
    call: RedisCall,
  ): AsyncGenerator<Page<Route>> {
    const isMirroring = this.#isWanted();
    this.#isLoading ||= isMirroring;
    try {
      const followedAt = performance.now();
      const place = isMirroring ? await followed(namespace, call) : undefined;
      const routes = new PackedRoutes();
      let size = 0;
      for await (const page of pages) {
        size += page.items.length;
        if (place !== undefined && size <= this.#maxRoutes) routes.append(page.items);
        yield page;
      }
      const endedAt = performance.now();
      this.#lastWhole = { endedAt, size };
      if (place !== undefined && size <= this.#maxRoutes) this.#keep({ place, routes, followedAt, usedAt: endedAt });
    } finally {
      if (isMirroring) this.#isLoading = false;
    }
  }

  #isWanted(): boolean {
    if (this.#isLoading || this.#mirrored !== undefined || this.#lastWhole === undefined) return false;
    const { endedAt, size } = this.#lastWhole;
    const now = performance.now();
    return size <= this.#maxRoutes && now - endedAt < WANTED_MS && now >= this.#isNotWorthItUntil;
  }

  #keep(mirrored: Mirrored): void {
    this.#mirrored = mirrored;
    this.#idle = setInterval(() => {
      if (performance.now() - mirrored.usedAt >= WANTED_MS) this.#drop();
    }, WANTED_MS).unref();
  }

  #drop(): void {
    clearInterval(this.#idle);
    this.#mirrored = undefined;
  }
}

/** Nothing where it fails, as on a replica: then everyone is read instead, and whatever is wrong shows there. */
async function followed(namespace: Namespace, call: RedisCall): Promise<LogPlace | undefined> {
  try {
    return await follow(namespace, call);
  } catch {
    return undefined;
  }
}
