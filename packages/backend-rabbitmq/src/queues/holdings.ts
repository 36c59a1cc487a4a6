/** What this process holds: frames that the server has handed over, and what has become of each of their recipients. */

import type { DequeueOptions, Leased, LeasedRecipient, Settlement } from "@muster/core/slots";
import { BoundedMap } from "./bounded-map.ts";
import type { Frame, Recipient } from "./frames.ts";

/** So many frames that came back, and so many receipts that were settled, are known. */
const MAX_PAST = 10_000;
const MAX_SETTLED = 50_000;

export type Way = Settlement["as"];

interface HeldFrame {
  readonly id: string;
  readonly frame: Frame;
  /** Monotonic. */
  readonly since: number;
  readonly items: readonly Item[];
  readonly ack: () => void;
  open: number;
}

/** One recipient of a frame. */
export interface Item {
  readonly held: Omit<HeldFrame, "items">;
  readonly recipient: Recipient;
  attempts: number;
  /** `moving`: on its way to another queue. */
  state: "new" | "waiting" | "leased" | "moving" | "ended";
  /** Where it waits or is leased, and for which epoch. */
  place: Place | undefined;
  receipt: string | undefined;
  /** Monotonic: not handed out before. */
  dueAt: number;
}

export interface Place {
  readonly session: string;
  readonly epoch: number;
}

/** What is known of a frame that comes back: of recipients that have not ended, how often they have been tried. */
type Past = ReadonlyMap<string, number>;

export class Holdings {
  readonly #seal: string;
  readonly #frames = new Set<HeldFrame>();
  readonly #byIdentity = new Map<string, Set<Item>>();
  readonly #waiting = new Map<string, Set<Item>>();
  readonly #leases = new Map<string, Item>();
  readonly #leasedBy = new Map<string, number>();
  readonly #settled = new BoundedMap<string, Way>(MAX_SETTLED);
  readonly #past = new BoundedMap<string, Past>(MAX_PAST);
  #receipts = 0;

  /** `seal` is no other's. */
  constructor(seal: string) {
    this.#seal = seal;
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
      for (const item of items) this.#indexed(item.recipient.identity).add(item);
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
    let waiting = this.#waiting.get(place.session);
    if (waiting === undefined) this.#waiting.set(place.session, (waiting = new Set()));
    waiting.add(item);
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
    this.#unindex(item);
    const { held } = item;
    held.open -= 1;
    if (held.open === 0) this.#finish(held as HeldFrame); // It is one.
  }

  /**
   * What is due, oldest first. What is past its TTL ends. Of one identity no more is leased at a time than is asked for: of a
   * slow one the rest can make room.
   */
  lease(session: string, { max, maxPerIdentity }: DequeueOptions): readonly Leased[] {
    const [now, date] = [performance.now(), Date.now()];
    const counts = new Map<string, number>();
    const leased: Item[] = [];
    for (const item of this.#waiting.get(session) ?? []) {
      if (leased.length >= max) break;
      const { identity } = item.recipient;
      const count = counts.get(identity) ?? this.#leasedBy.get(identity) ?? 0;
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
    return this.#leases.get(receipt) ?? this.#settled.get(receipt);
  }

  settled(receipt: string, way: Way): void {
    this.#settled.set(receipt, way);
  }

  of(identity: string): readonly Item[] {
    return [...(this.#byIdentity.get(identity) ?? [])];
  }

  /** Monotonic: when the next is due that is not yet; `undefined`: none. */
  nextDue(): number | undefined {
    const now = performance.now();
    let next: number | undefined;
    for (const waiting of this.#waiting.values())
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
    this.#leases.clear();
    this.#leasedBy.clear();
  }

  #lease(item: Item): LeasedRecipient {
    this.#leave(item);
    this.#receipts += 1;
    const receipt = `${this.#seal}.${this.#receipts}`;
    item.state = "leased";
    item.receipt = receipt;
    this.#leases.set(receipt, item);
    this.#leasedBy.set(item.recipient.identity, (this.#leasedBy.get(item.recipient.identity) ?? 0) + 1);
    const { identity } = item.recipient;
    return { identity, epoch: item.place?.epoch ?? item.recipient.epoch, receipt, attempt: item.attempts + 1 };
  }

  #leave(item: Item): void {
    const { place, receipt } = item;
    if (place !== undefined) {
      const waiting = this.#waiting.get(place.session);
      waiting?.delete(item);
      if (waiting?.size === 0) this.#waiting.delete(place.session);
    }
    item.receipt = undefined;
    if (receipt === undefined) return;
    this.#leases.delete(receipt);
    const { identity } = item.recipient;
    const left = (this.#leasedBy.get(identity) ?? 1) - 1;
    if (left > 0) this.#leasedBy.set(identity, left);
    else this.#leasedBy.delete(identity);
  }

  #finish(held: HeldFrame): void {
    this.#frames.delete(held);
    this.#past.set(held.id, new Map());
    held.ack();
  }

  #indexed(identity: string): Set<Item> {
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) return known;
    const items = new Set<Item>();
    this.#byIdentity.set(identity, items);
    return items;
  }

  #unindex(item: Item): void {
    const { identity } = item.recipient;
    const items = this.#byIdentity.get(identity);
    items?.delete(item);
    if (items?.size === 0) this.#byIdentity.delete(identity);
  }
}

/** Each message once; each with bytes of its own. */
function groupedByMessage(items: readonly Item[], lease: (item: Item) => LeasedRecipient): readonly Leased[] {
  const groups = new Map<string, { readonly frame: Frame; readonly recipients: LeasedRecipient[] }>();
  for (const item of items) {
    const { frame } = item.held;
    const recipient = lease(item);
    const group = groups.get(frame.message.id);
    if (group === undefined) groups.set(frame.message.id, { frame, recipients: [recipient] });
    else group.recipients.push(recipient);
  }
  return [...groups.values()].map(({ frame: { message }, recipients }) => ({
    message: { ...message, payload: Uint8Array.from(message.payload) },
    recipients,
  }));
}
