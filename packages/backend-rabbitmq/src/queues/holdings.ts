/** What this process holds: frames that the server has handed over, and what has become of each of their recipients. */

import { BoundedMap, Groups, type DequeueOptions, type Leased, type LeasedRecipient } from "@muster/core/slots";
import type { Frame } from "./frames.ts";
import { groupedByMessage, type HeldFrame, type Item, type Place } from "./items.ts";
import { Leases, type Way } from "./leases.ts";

/** So many frames that came back are known. */
const MAX_PAST = 10_000;

/** What is known of a frame that comes back: of recipients that have not ended, how often they have been tried. */
type Past = ReadonlyMap<string, number>;

export class Holdings {
  readonly #frames = new Set<HeldFrame>();
  readonly #byIdentity = new Groups<Item>();
  /** By session. */
  readonly #waiting = new Groups<Item>();
  readonly #leases: Leases;
  readonly #past = new BoundedMap<string, Past>(MAX_PAST);

  /** `seal` is no other's. */
  constructor(seal: string) {
    this.#leases = new Leases(seal);
  }

  /** Frames. */
  get size(): number {
    return this.#frames.size;
  }

  /**
   * Those of its recipients that have not ended, none of them anywhere yet. `id` is the same when it comes again;
   * `returns`: how often the server counts that it has come back. `ack` is called when all have ended.
   */
  take(id: string, frame: Frame, returns: number, ack: () => void): readonly Item[] {
    const past = this.#past.get(id);
    this.#past.delete(id);
    const recipients = past === undefined ? frame.recipients : frame.recipients.filter((one) => past.has(one.identity));
    const items: Item[] = [];
    const held: HeldFrame = { id, frame, since: performance.now(), items, ack, open: recipients.length };
    for (const recipient of recipients) {
      const attempts = past?.get(recipient.identity) ?? recipient.attempts + returns;
      items.push({ held, recipient, attempts, state: "new", place: undefined, receipt: undefined, dueAt: 0 });
    }
    if (held.open === 0) this.#finish(held);
    else {
      this.#frames.add(held);
      for (const item of items) this.#byIdentity.add(item.recipient.identity, item);
    }
    return items;
  }

  /** What this process knows of a frame that it has held before, whichever way it comes again. */
  past(id: string): Past | undefined {
    return this.#past.get(id);
  }

  /** It is handed out there, `delayMs` from now. A receipt that was given for it settles nothing any more. */
  wait(
    item: Item,
    place: Place,
    { isTried = false, delayMs = 0 }: { readonly isTried?: boolean; readonly delayMs?: number } = {},
  ): void {
    this.#leave(item);
    if (isTried) item.attempts += 1;
    item.place = place;
    item.state = "waiting";
    item.dueAt = delayMs > 0 ? performance.now() + delayMs : 0;
    this.#waiting.add(place.session, item);
  }

  /** It is on its way to another queue. */
  move(item: Item, { isTried = false }: { readonly isTried?: boolean } = {}): void {
    this.#leave(item);
    if (isTried) item.attempts += 1;
    item.place = undefined;
    item.state = "moving";
  }

  /** It need not be known here any more. */
  end(item: Item): void {
    if (item.state === "ended") return;
    this.#leave(item);
    item.state = "ended";
    this.#byIdentity.delete(item.recipient.identity, item);
    const { held } = item;
    held.open -= 1;
    if (held.open === 0) this.#finish(held);
  }

  /**
   * What is due, oldest first. What is past its TTL ends. Of one identity no more is leased at a time than is asked for: of a
   * slow one the rest can make room.
   */
  lease(session: string, { max, maxPerIdentity }: DequeueOptions): readonly Leased[] {
    const [now, date] = [performance.now(), Date.now()];
    const counts = new Map<string, number>();
    const leased: Item[] = [];
    for (const item of this.#waiting.get(session)) {
      if (leased.length >= max) break;
      const { identity } = item.recipient;
      const count = counts.get(identity) ?? this.#leases.count(identity);
      if (item.held.frame.expiresAt <= date) this.end(item);
      else if (item.dueAt <= now && count < maxPerIdentity) {
        counts.set(identity, count + 1);
        leased.push(item);
      }
    }
    return groupedByMessage(leased, (item) => this.#lease(item));
  }

  /** The lease that the receipt is for, or in which way that was settled. */
  find(receipt: string): Item | Way | undefined {
    return this.#leases.find(receipt);
  }

  settled(receipt: string, way: Way): void {
    this.#leases.settled(receipt, way);
  }

  of(identity: string): readonly Item[] {
    return [...this.#byIdentity.get(identity)];
  }

  /** Monotonic: when the next is due that is not yet; `undefined`: none. */
  nextDue(): number | undefined {
    const now = performance.now();
    let next: number | undefined;
    for (const waiting of this.#waiting.all())
      for (const { dueAt } of waiting) if (dueAt > now && dueAt < (next ?? Number.POSITIVE_INFINITY)) next = dueAt;
    return next;
  }

  /** Recipients of frames that have been here for so long, unless they are on their way. */
  olderThan(ms: number): readonly Item[] {
    const before = performance.now() - ms;
    return [...this.#frames].flatMap(({ since, items }) =>
      since >= before ? [] : items.filter(({ state }) => state === "waiting" || state === "leased"),
    );
  }

  /** What waits for those of whom more than so much is here already. */
  crowding(most: number): readonly Item[] {
    const now = performance.now();
    const counts = new Map<string, number>();
    const crowding: Item[] = [];
    for (const { items } of this.#frames)
      for (const item of items) {
        if (item.state === "ended") continue;
        const { identity } = item.recipient;
        const count = (counts.get(identity) ?? 0) + 1;
        counts.set(identity, count);
        if (count > most && item.state === "waiting" && item.dueAt <= now) crowding.push(item);
      }
    return crowding;
  }

  /** The server hands all of it out again, to whomever: no receipt is worth anything. What has ended stays known. */
  lose(): void {
    for (const { id, items } of this.#frames) {
      const open = items.filter(({ state }) => state !== "ended");
      const tried = open.map((item): [string, number] => [
        item.recipient.identity,
        item.attempts + (item.state === "leased" ? 1 : 0),
      ]);
      this.#past.set(id, new Map(tried));
      for (const item of open) item.state = "ended";
    }
    this.#frames.clear();
    this.#byIdentity.clear();
    this.#waiting.clear();
    this.#leases.lose();
  }

  #lease(item: Item): LeasedRecipient {
    this.#leave(item);
    item.state = "leased";
    const receipt = this.#leases.begin(item);
    const { identity, epoch } = item.recipient;
    return { identity, epoch: item.place?.epoch ?? epoch, receipt, attempt: item.attempts + 1 };
  }

  /** It neither waits nor is leased. */
  #leave(item: Item): void {
    if (item.place !== undefined) this.#waiting.delete(item.place.session, item);
    this.#leases.end(item);
  }

  #finish(held: HeldFrame): void {
    this.#frames.delete(held);
    this.#past.set(held.id, new Map());
    held.ack();
  }
}
