/** Storing entries: the contract's `setMany`, for one batch. */

import { SESSION_PREFIX, type SetMode } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import { count, countedIn } from "./counting.ts";
import { Epochs } from "./epochs.ts";
import { describe, findLive, findMany, isLive, isSession, type Standing } from "./standing.ts";
import { type Draft, type DraftColumns, draftsIn, type Stamp, type Terms } from "./drafts.ts";
import { Writing } from "./writing.ts";

export interface SetManyArgs {
  readonly namespace: string;
  readonly maxIdentities: number | undefined;
  readonly drafts: DraftColumns;
}

/** A number is the epoch of a life that has begun, on the terms of its draft. */
export type Verdict =
  | number
  | { readonly stored: Stamp }
  /** This attempt has stored it before. */
  | { readonly standing: Row }
  | { readonly refused: "exists" | "quota" | "fenced" | "conflict" | "session"; readonly current?: Row | undefined };

export interface SetManyResult {
  /** When lives have begun: epoch ms. */
  readonly now: number;
  /** In the order of the drafts. */
  readonly verdicts: readonly Verdict[];
}

export function setMany(store: Store, { namespace, maxIdentities, drafts }: SetManyArgs): SetManyResult {
  const now = store.now();
  const batch = new Batch(store, { namespace, maxIdentities, now, identities: drafts.identities });
  const verdicts = draftsIn(drafts).map((draft) => batch.set(draft));
  batch.save();
  return { now, verdicts };
}

/** When a life that begins now ends by itself. */
export function expiryOf({ sessionBound, ttlMs }: Pick<Terms, "sessionBound" | "ttlMs">, now: number): number | null {
  return sessionBound || ttlMs === undefined ? null : now + ttlMs;
}

interface BatchOptions {
  readonly namespace: string;
  readonly maxIdentities: number | undefined;
  readonly now: number;
  /** Of all that will be set. */
  readonly identities: readonly string[];
}

class Batch {
  readonly #store: Store;
  readonly #namespace: string;
  readonly #now: number;
  readonly #epochs: Epochs;
  readonly #writing: Writing;
  /** As it was before the batch, in which an identity occurs once. */
  readonly #standing: ReadonlyMap<string, Standing>;
  /** Whether sessions live, as far as somebody has asked. */
  readonly #sessions = new Map<string, boolean>();
  #room: number;
  #added = 0;

  constructor(store: Store, { namespace, maxIdentities, now, identities }: BatchOptions) {
    this.#store = store;
    this.#namespace = namespace;
    this.#now = now;
    this.#standing = findMany(store, namespace, identities);
    this.#epochs = new Epochs(store);
    this.#writing = new Writing(store, namespace);
    this.#room = maxIdentities === undefined ? Number.POSITIVE_INFINITY : maxIdentities - countedIn(store, namespace);
  }

  set(draft: Draft): Verdict {
    const { identity, attempt, mode, terms } = draft;
    const standing = this.#standing.get(identity);
    const live = standing !== undefined && isLive(standing, this.#now) ? standing : undefined;
    if (live?.attempt === attempt) {
      const row = this.#describe(identity);
      if (row !== undefined) return { standing: row };
    }
    if (terms.sessionBound && this.#isOffline(terms.session)) return { refused: "session" };
    if (typeof mode === "object") return this.#rewrite(draft, mode, live);
    if (mode === "create" && live !== undefined && !this.#isOffline(live.session))
      return this.#refused("exists", identity);
    return this.#register(draft, standing);
  }

  /** Writes down what all of them have changed together. */
  save(): void {
    this.#writing.flush();
    this.#epochs.save();
    count(this.#store, this.#namespace, this.#added);
  }

  /** An expired record is counted until that step of its end is confirmed, so it leaves room for its successor. */
  #register(draft: Draft, standing: Standing | undefined): Verdict {
    const isNew = !isSession(draft.identity) && (standing === undefined || standing.isBuried);
    if (isNew) {
      if (this.#room <= 0) return { refused: "quota" };
      this.#room -= 1;
      this.#added += 1;
    }
    const epoch = this.#epochs.next(this.#now);
    this.#write(draft, [epoch, 1, this.#now, expiryOf(draft.terms, this.#now)]);
    return epoch;
  }

  #rewrite(draft: Draft, mode: Exclude<SetMode, string>, live: Standing | undefined): Verdict {
    if (live === undefined) return { refused: "fenced" };
    if (live.epoch !== mode.epoch) return this.#refused("fenced", draft.identity);
    if (mode.revision !== undefined && live.revision !== mode.revision)
      return this.#refused("conflict", draft.identity);
    const { terms } = draft;
    const expiresAt = terms.sessionBound === live.isSessionBound ? live.expiresAt : expiryOf(terms, this.#now);
    const stamp: Stamp = [live.epoch, live.revision + 1, live.registeredAt, expiresAt];
    this.#write(draft, stamp);
    return { stored: stamp };
  }

  #write(draft: Draft, stamp: Stamp): void {
    this.#writing.add(draft, stamp);
    if (isSession(draft.identity)) {
      // Others of the batch may be bound to it.
      this.#writing.flush();
      this.#sessions.clear();
    }
  }

  /** No session serves it, or one that no longer lives. */
  #isOffline(session: string | null | undefined): boolean {
    if (session === undefined || session === null) return true;
    const known = this.#sessions.get(session);
    if (known !== undefined) return !known;
    const lives = findLive(this.#store, this.#namespace, SESSION_PREFIX + session, this.#now) !== undefined;
    this.#sessions.set(session, lives);
    return !lives;
  }

  #refused(refused: "exists" | "fenced" | "conflict", identity: string): Verdict {
    return { refused, current: this.#describe(identity) };
  }

  #describe(identity: string): Row | undefined {
    return describe(this.#store, this.#namespace, identity);
  }
}
