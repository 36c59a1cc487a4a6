/** All that the stream holds, in memory, and every way to find some of it. It decides nothing. */

import { OrderedList, SESSION_PREFIX } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { type Entry, isBound } from "./entry.ts";

/** Fewer than there are sessions would be no help. */
const MAX_TEXTS = 10_000;
/** Longer than it takes whoever sweeps. */
const REMEMBERED_MS = 3_600_000;

type Ends = OrderedList<Entry>;

export class Entries {
  readonly #byIdentity = new Map<string, Entry>();
  /** Standing registrations, without sessions: what scans read, and what the quota counts. */
  readonly ordered: OrderedList<Entry> = byIdentity();
  /** Of these, what each session serves. */
  readonly #served = new Map<string, OrderedList<Entry>>();
  /** What expires by itself, or has; sessions apart, so that the rest can be counted. */
  readonly expiring: Ends = byEnd();
  readonly expiringSessions: Ends = byEnd();
  readonly tombstones: Ends = byEnd();
  /** Of whom nothing is left but the last message, which says so; in the order in which they went. */
  readonly deleted: Ends = byEnd();
  /** Texts that many have in common. */
  readonly #texts = new Map<string, string>();

  find(identity: string): Entry | undefined {
    return this.#byIdentity.get(identity);
  }

  session(id: string): Entry | undefined {
    return this.#byIdentity.get(SESSION_PREFIX + id);
  }

  servedBy(session: string): OrderedList<Entry> | undefined {
    return this.#served.get(session);
  }

  /** Sessions that serve somebody. */
  get serving(): Iterable<string> {
    return this.#served.keys();
  }

  put(heard: Entry): void {
    const { identity } = heard;
    const before = this.#byIdentity.get(identity);
    const after = this.#withSharedTexts(heard);
    this.#byIdentity.set(identity, after);
    this.#relist(before, after);
    if (after.stage === "deleted") this.#forgetOldest(after.endedAt - REMEMBERED_MS);
  }

  /** Its message is no longer in the stream. */
  remove(entry: Entry): void {
    if (this.#byIdentity.get(entry.identity) !== entry) return;
    this.#byIdentity.delete(entry.identity);
    this.#relist(entry, undefined);
  }

  /** Where nobody reaps nothing is swept. What is forgotten here is found again when it stands in the way of a write. */
  #forgetOldest(until: number): void {
    const oldest = this.deleted.first;
    if (oldest === undefined || oldest.endedAt > until) return;
    if (oldest.isSession && this.servedBy(oldest.identity.slice(SESSION_PREFIX.length)) !== undefined) return;
    this.remove(oldest);
  }

  #relist(before: Entry | undefined, after: Entry | undefined): void {
    if (before !== undefined) this.#endsOf(before)?.delete(before);
    if (after !== undefined) this.#endsOf(after)?.add(after);
    const old = before !== undefined && isListed(before) ? before : undefined;
    const now = after !== undefined && isListed(after) ? after : undefined;
    relist(this.ordered, old, now);
    if (old?.session === now?.session) {
      if (now?.session !== undefined) this.#served.get(now.session)?.replace(now);
      return;
    }
    if (old?.session !== undefined) this.#leave(old, old.session);
    if (now?.session !== undefined) this.#join(now, now.session);
  }

  #endsOf(entry: Entry): Ends | undefined {
    if (entry.stage === "deleted") return this.deleted;
    if (entry.stage === "tombstone") return this.tombstones;
    if (entry.expiresAt === undefined) return undefined;
    return entry.isSession ? this.expiringSessions : this.expiring;
  }

  #join(entry: Entry, session: string): void {
    const served = this.#served.get(session);
    if (served !== undefined) return served.add(entry);
    const list = byIdentity();
    list.add(entry);
    this.#served.set(session, list);
  }

  #leave(entry: Entry, session: string): void {
    const served = this.#served.get(session);
    served?.delete(entry);
    if (served?.size === 0) this.#served.delete(session);
  }

  /** Each message has a copy of its own of the name of its session and the address of that. */
  #withSharedTexts(entry: Entry): Entry {
    const { session, address } = entry;
    if (session === undefined && address === undefined) return entry;
    return { ...entry, session: this.#shared(session), address: this.#shared(address) };
  }

  #shared(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

/** When the step of its end that comes next is due, but for the grace of a tombstone. */
export function endOf({ stage, expiresAt, endedAt }: Entry): number {
  return stage === "standing" ? (expiresAt ?? Number.POSITIVE_INFINITY) : endedAt;
}

/** Whether its session can't have lived when it was bound to it: then it has never been registered, whatever it says. */
export function isUnfounded(entries: Entries, entry: Entry): boolean {
  if (!isBound(entry)) return false;
  const session = entry.session === undefined ? undefined : entries.session(entry.session);
  if (session === undefined) return true;
  if (session.stage !== "standing" && session.sequence < entry.boundSequence) return true;
  return session.expiresAt !== undefined && session.expiresAt <= entry.boundAt;
}

function isListed({ stage, isSession }: Entry): boolean {
  return stage === "standing" && !isSession;
}

function relist(list: OrderedList<Entry>, before: Entry | undefined, after: Entry | undefined): void {
  if (before === undefined && after !== undefined) list.add(after);
  if (before !== undefined && after !== undefined) list.replace(after);
  if (before !== undefined && after === undefined) list.delete(before);
}

function byIdentity(): OrderedList<Entry> {
  return new OrderedList((a, b) => compareStrings(a.identity, b.identity));
}

function byEnd(): Ends {
  return new OrderedList((a, b) => endOf(a) - endOf(b) || compareStrings(a.identity, b.identity));
}
