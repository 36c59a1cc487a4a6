/** Storing entries: the contract's `setMany`, for one batch. */

import { SESSION_PREFIX, type SetMode } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import { count, countedIn } from "./counting.ts";
import { Epochs } from "./epochs.ts";
import { describe, find, findLive, isLive, isSession, type Standing } from "./standing.ts";
import type { Draft, Stamp } from "./drafts.ts";
import { Writing } from "./writing.ts";

export interface SetManyArgs {
  readonly namespace: string;
  readonly maxIdentities: number | undefined;
  readonly drafts: readonly Draft[];
}

export type Verdict =
  | { readonly stored: Stamp }
  /** This attempt has stored it before. */
  | { readonly standing: Row }
  | { readonly refused: "exists" | "quota" | "fenced" | "conflict" | "session"; readonly current?: Row | undefined };

export function setMany(store: Store, { namespace, maxIdentities, drafts }: SetManyArgs): readonly Verdict[] {
  const batch = new Batch(store, namespace, maxIdentities);
  const verdicts = drafts.map((draft) => batch.set(draft));
  batch.save();
  return verdicts;
}

class Batch {
  readonly #store: Store;
  readonly #namespace: string;
  readonly #now: number;
  readonly #epochs: Epochs;
  readonly #writing: Writing;
  /** Whether sessions live, as far as somebody has asked. */
  readonly #sessions = new Map<string, boolean>();
  #room: number;
  #added = 0;

  constructor(store: Store, namespace: string, maxIdentities: number | undefined) {
    this.#store = store;
    this.#namespace = namespace;
    this.#now = store.now();
    this.#epochs = new Epochs(store);
    this.#writing = new Writing(store, namespace);
    this.#room = maxIdentities === undefined ? Number.POSITIVE_INFINITY : maxIdentities - countedIn(store, namespace);
  }

  set(draft: Draft): Verdict {
    const { identity, attempt, mode } = draft;
    const standing = find(this.#store, this.#namespace, identity);
    const live = standing !== undefined && isLive(standing, this.#now) ? standing : undefined;
    if (live?.attempt === attempt) {
      const row = this.#describe(identity);
      if (row !== undefined) return { standing: row };
    }
    if (draft.sessionBound && this.#isOffline(draft.session)) return { refused: "session" };
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
    return this.#write(draft, [this.#epochs.next(this.#now), 1, this.#now, this.#expiryOf(draft)]);
  }

  #rewrite(draft: Draft, mode: Exclude<SetMode, string>, live: Standing | undefined): Verdict {
    if (live === undefined) return { refused: "fenced" };
    if (live.epoch !== mode.epoch) return this.#refused("fenced", draft.identity);
    if (mode.revision !== undefined && live.revision !== mode.revision)
      return this.#refused("conflict", draft.identity);
    const expiresAt = draft.sessionBound === live.isSessionBound ? live.expiresAt : this.#expiryOf(draft);
    return this.#write(draft, [live.epoch, live.revision + 1, live.registeredAt, expiresAt]);
  }

  #write(draft: Draft, stamp: Stamp): Verdict {
    this.#writing.add(draft, stamp);
    if (isSession(draft.identity)) {
      // Others of the batch may be bound to it.
      this.#writing.flush();
      this.#sessions.clear();
    }
    return { stored: stamp };
  }

  #expiryOf({ sessionBound, ttlMs }: Draft): number | null {
    return sessionBound || ttlMs === undefined ? null : this.#now + ttlMs;
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
