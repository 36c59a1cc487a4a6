/** Everything that is at hand in this process, by identity, session and shard, and who holds which receipt. */

import {
  BoundedMap,
  type DequeueOptions,
  type Leased,
  type LeasedRecipient,
  type Settlement,
} from "@muster/core/slots";
import type { Frame } from "./frames.ts";
import type { Arrival, Item, Judgement, Mailbox } from "./mailbox.ts";

/** Receipts whose end is remembered. */
const MAX_SETTLED = 50_000;
/** Deliveries of one identity that are at hand, while there is room. */
const MAX_OF_ONE = 256;
/** Deliveries at hand after which each identity has one. */
const MAX_AT_HAND = 50_000;

/** How a lease has ended. */
export interface Settled {
  readonly way: Settlement["as"];
  readonly mailbox: Mailbox;
}

export class Mailboxes {
  readonly #seal: string;
  readonly #byIdentity = new Map<string, Mailbox>();
  readonly #byShard = new Map<number, Map<string, Mailbox>>();
  /** That have something at hand. */
  readonly #bySession = new Map<string, Set<Mailbox>>();
  /** That take nothing from the tail. */
  readonly #behind = new Set<Mailbox>();
  readonly #leases = new Map<string, Item>();
  readonly #settled = new BoundedMap<string, Settled>(MAX_SETTLED);
  #receipts = 0;
  #atHand = 0;

  /** @param seal is no other process'. */
  constructor(seal: string) {
    this.#seal = seal;
  }

  get(identity: string): Mailbox | undefined {
    return this.#byIdentity.get(identity);
  }

  all(): IterableIterator<Mailbox> {
    return this.#byIdentity.values();
  }

  ofShard(shard: number): ReadonlyMap<string, Mailbox> {
    return this.#byShard.get(shard) ?? new Map();
  }

  shards(): IterableIterator<number> {
    return this.#byShard.keys();
  }

  add(mailbox: Mailbox): void {
    this.remove(mailbox.identity);
    this.#byIdentity.set(mailbox.identity, mailbox);
    const ofShard = this.#byShard.get(mailbox.shard) ?? new Map<string, Mailbox>();
    this.#byShard.set(mailbox.shard, ofShard);
    ofShard.set(mailbox.identity, mailbox);
    this.#behind.add(mailbox);
  }

  /** Nobody is handed anything of it any more; its receipts settle nothing. */
  remove(identity: string): void {
    const mailbox = this.#byIdentity.get(identity);
    if (mailbox === undefined) return;
    this.#byIdentity.delete(identity);
    const ofShard = this.#byShard.get(mailbox.shard);
    ofShard?.delete(identity);
    if (ofShard?.size === 0) this.#byShard.delete(mailbox.shard);
    this.#leave(mailbox);
    this.#behind.delete(mailbox);
    this.#atHand -= mailbox.size;
    for (const { receipt } of mailbox.items) if (receipt !== undefined) this.#leases.delete(receipt);
  }

  /** Its session is another one now. What was leased comes back, and counts. */
  move(mailbox: Mailbox, session: string): void {
    this.#leave(mailbox);
    mailbox.session = session;
    for (const item of mailbox.items) if (item.state === "leased") this.wait(item, { isTried: true });
    if (mailbox.size > 0) this.#enter(mailbox);
  }

  /** Whether there is room for one more of it. */
  hasRoom(mailbox: Mailbox): boolean {
    return mailbox.size < (this.#atHand < MAX_AT_HAND ? MAX_OF_ONE : 1);
  }

  /** Of which so much has been taken that it is worth reading on, by shard. */
  hungry(): ReadonlyMap<number, readonly Mailbox[]> {
    const most = this.#atHand < MAX_AT_HAND ? MAX_OF_ONE / 2 : 0;
    const groups = new Map<number, Mailbox[]>();
    for (const mailbox of this.#behind) {
      if (mailbox.size > most) continue;
      const group = groups.get(mailbox.shard);
      if (group === undefined) groups.set(mailbox.shard, [mailbox]);
      else group.push(mailbox);
    }
    return groups;
  }

  /** It takes what the tail brings. */
  goLive(mailbox: Mailbox, readTo: number): void {
    if (this.#behind.delete(mailbox)) mailbox.goLive(readTo);
  }

  /** What comes from there on is read for it later. */
  fallBehind(mailbox: Mailbox, readTo: number): void {
    mailbox.fallBehind(readTo);
    this.#behind.add(mailbox);
  }

  rewind(mailbox: Mailbox, offset: number, repetition: string): void {
    mailbox.rewind(offset, repetition);
    this.#behind.add(mailbox);
  }

  /** Whether there is something more to hand out. */
  take(mailbox: Mailbox, arrival: Arrival, judgement: Judgement): boolean {
    const item = mailbox.take(arrival, judgement);
    if (item === undefined) return false;
    this.#atHand += 1;
    this.#enter(mailbox);
    return item.state === "waiting";
  }

  /** It comes back. A receipt that was given for it settles nothing any more. */
  wait(item: Item, { isTried = false, dueAt = 0 }: { readonly isTried?: boolean; readonly dueAt?: number } = {}): void {
    this.#unlease(item);
    item.state = "waiting";
    item.dueAt = dueAt;
    if (!isTried) return;
    item.attempts += 1;
    item.mailbox.isDirty = true;
  }

  end(item: Item): void {
    if (item.state === "ended") return;
    this.#unlease(item);
    item.mailbox.end(item);
    this.#atHand -= 1;
    if (item.mailbox.size === 0) this.#leave(item.mailbox);
  }

  /** Ends what was enqueued for epochs up to this one. */
  drop(mailbox: Mailbox, epoch: number): void {
    for (const item of [...mailbox.items]) if (item.epoch <= epoch) this.end(item);
  }

  /** What is due, oldest first. */
  lease(session: string, { max, maxPerIdentity }: DequeueOptions, now: number): readonly Leased[] {
    const due: Item[] = [];
    const heads: { readonly mailbox: Mailbox; readonly rank: number }[] = [];
    for (const mailbox of this.#bySession.get(session) ?? []) {
      const rank = mailbox.rankOf(now);
      if (rank !== undefined) heads.push({ mailbox, rank });
    }
    heads.sort((a, b) => a.rank - b.rank);
    // None that is handed out comes behind so many heads.
    for (const { mailbox } of heads.slice(0, max)) {
      const before = mailbox.size;
      due.push(...mailbox.due(Math.min(max, maxPerIdentity), now));
      this.#atHand += mailbox.size - before;
      if (mailbox.size === 0) this.#leave(mailbox);
    }
    due.sort((a, b) => a.rank - b.rank);
    return groupedByMessage(due.slice(0, max), (item) => this.#lease(item));
  }

  /** Epoch ms; `undefined`: nothing waits for its time. */
  nextDueAt(session: string): number | undefined {
    let next: number | undefined;
    for (const { nextDueAt } of this.#bySession.get(session) ?? [])
      if (nextDueAt !== undefined && nextDueAt < (next ?? Number.POSITIVE_INFINITY)) next = nextDueAt;
    return next;
  }

  /** The lease that the receipt is for, or in which way that was settled. */
  find(receipt: string): Item | Settled | undefined {
    return this.#leases.get(receipt) ?? this.#settled.get(receipt);
  }

  settled(receipt: string, settled: Settled): void {
    this.#settled.set(receipt, settled);
  }

  #lease(item: Item): LeasedRecipient {
    this.#receipts += 1;
    const receipt = `${this.#seal}.${this.#receipts}`;
    item.state = "leased";
    item.receipt = receipt;
    item.dueAt = 0;
    this.#leases.set(receipt, item);
    const { identity, owner } = item.mailbox;
    return { identity, epoch: owner.epoch, receipt, attempt: item.attempts + 1 };
  }

  #unlease(item: Item): void {
    if (item.receipt !== undefined) this.#leases.delete(item.receipt);
    item.receipt = undefined;
  }

  #enter(mailbox: Mailbox): void {
    const active = this.#bySession.get(mailbox.session) ?? new Set();
    this.#bySession.set(mailbox.session, active);
    active.add(mailbox);
  }

  #leave(mailbox: Mailbox): void {
    const active = this.#bySession.get(mailbox.session);
    active?.delete(mailbox);
    if (active?.size === 0) this.#bySession.delete(mailbox.session);
  }
}

/** Each message once; each with bytes of its own. */
function groupedByMessage(items: readonly Item[], lease: (item: Item) => LeasedRecipient): readonly Leased[] {
  const groups = new Map<string, { readonly frame: Frame; readonly recipients: LeasedRecipient[] }>();
  for (const item of items) {
    const { frame } = item;
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
