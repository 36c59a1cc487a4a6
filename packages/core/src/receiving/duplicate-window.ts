/**
 * What this process was handed of late, so that nobody is handed the same message again: the key is (identity, message id),
 * whatever the epoch. There is one entry for each message, with a byte for each of its recipients; which of them is which
 * is found out only when something may have come twice.
 */

import type { Outcome } from "./outcome.ts";

const RUNNING = 0;
const HANDLED = 1;
const REJECTED = 2;
/** It was not handled, and may be handed over again. */
const FREE = 3;

const HANDLED_BEFORE: Outcome = Object.freeze({ as: "handled" });

export interface DuplicateWindowOptions {
  /** How long a message is known after it came for the first time. Default 120,000. */
  readonly maxAgeMs?: number;
  /** Default 10,000. */
  readonly maxMessages?: number;
  /** Over all messages but the latest; of the oldest nothing is known any more. Default 1,000,000. */
  readonly maxRecipients?: number;
  /** Monotonic, in ms. */
  readonly now?: () => number;
}

/** The outcome of what came before, at once or when it is known. Must not throw. */
export type OnOutcome = (outcome: Outcome) => void;

export class DuplicateWindow {
  readonly #maxAgeMs: number;
  readonly #maxMessages: number;
  readonly #maxRecipients: number;
  readonly #now: () => number;
  /** Oldest first. */
  readonly #messages = new Map<string, KnownMessage>();
  #recipients = 0;

  constructor(options: DuplicateWindowOptions = {}) {
    this.#maxAgeMs = options.maxAgeMs ?? 120_000;
    this.#maxMessages = options.maxMessages ?? 10_000;
    this.#maxRecipients = options.maxRecipients ?? 1_000_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * A message has arrived for these, each of them once.
   *
   * @param mayRepeat false: this is the first time that this message was sent to any of them. Then nobody is looked up, until
   * something of the same message may have come twice: sent again, or with the same first recipient as before.
   * @param names the identities, joined by newlines, where somebody has them so
   */
  arrive(id: string, identities: readonly string[], mayRepeat: boolean, names?: string): Arrival {
    const now = this.#now();
    this.#forgetBefore(now - this.#maxAgeMs);
    let message = this.#messages.get(id);
    if (message === undefined) {
      message = new KnownMessage(now);
      this.#messages.set(id, message);
    }
    const before = message.size;
    const arrival = message.arrive(identities, mayRepeat, names);
    this.#recipients += message.size - before;
    this.#forgetSurplus();
    return arrival;
  }

  #forgetBefore(instant: number): void {
    for (const [id, message] of this.#messages) {
      if (message.since > instant) return;
      this.#forget(id, message);
    }
  }

  #forgetSurplus(): void {
    for (const [id, message] of this.#messages) {
      const { size } = this.#messages;
      if (size === 1 || (size <= this.#maxMessages && this.#recipients <= this.#maxRecipients)) return;
      this.#forget(id, message);
    }
  }

  #forget(id: string, message: KnownMessage): void {
    this.#messages.delete(id);
    this.#recipients -= message.size;
  }
}

/** Some recipients of one message, by place: as they were given to {@link DuplicateWindow.arrive}. */
export class Arrival {
  readonly #message: KnownMessage;
  readonly #first: number;
  readonly #indices: readonly number[] | undefined;
  readonly #repeats: ReadonlySet<number> | undefined;

  constructor(message: KnownMessage, first: number, indices?: readonly number[], repeats?: ReadonlySet<number>) {
    this.#message = message;
    this.#first = first;
    this.#indices = indices;
    this.#repeats = repeats;
  }

  /** Whether {@link join} is true of anybody. */
  get hasRepeats(): boolean {
    return this.#repeats !== undefined;
  }

  /**
   * False: it is to be handed over, and then to be settled exactly once. True: it was before, so that it is neither handed
   * over nor settled; `onOutcome` gets what became of it, at once or as soon as it has finished.
   */
  join(place: number, onOutcome: OnOutcome): boolean {
    if (this.#repeats?.has(place) !== true) return false;
    this.#message.join(this.#indexOf(place), onOutcome);
    return true;
  }

  /** What has thrown, or was not tried, may come again and is handed over then. */
  settle(place: number, outcome: Outcome): void {
    this.#message.settle(this.#indexOf(place), outcome);
  }

  #indexOf(place: number): number {
    return this.#indices?.[place] ?? this.#first + place;
  }
}

class KnownMessage {
  readonly since: number;
  /** Recipients. */
  size = 0;
  #states = new Uint8Array();
  /** Their identities, joined by newlines, for as long as nobody was looked up: a tenth of an array of them. */
  #names: string[] = [];
  readonly #firsts = new Set<string>();
  #indices: Map<string, number> | undefined;
  #rejections: Map<number, Outcome> | undefined;
  #joined: Map<number, OnOutcome[]> | undefined;

  constructor(since: number) {
    this.since = since;
  }

  arrive(identities: readonly string[], mayRepeat: boolean, names?: string): Arrival {
    const [leader = ""] = identities;
    if (this.#indices !== undefined || (mayRepeat && this.size > 0) || this.#firsts.has(leader))
      return this.#arriveAgain(identities);
    const first = this.size;
    this.#grow(identities.length);
    this.#firsts.add(leader);
    this.#names.push(names ?? identities.join("\n"));
    return new Arrival(this, first);
  }

  join(index: number, onOutcome: OnOutcome): void {
    const state = this.#states[index];
    if (state === RUNNING) {
      this.#joined ??= new Map();
      const others = this.#joined.get(index);
      if (others === undefined) this.#joined.set(index, [onOutcome]);
      else others.push(onOutcome);
    } else onOutcome((state === REJECTED ? this.#rejections?.get(index) : undefined) ?? HANDLED_BEFORE);
  }

  settle(index: number, outcome: Outcome): void {
    const { as } = outcome;
    this.#states[index] = as === "handled" ? HANDLED : as === "rejected" ? REJECTED : FREE;
    if (as === "rejected") (this.#rejections ??= new Map()).set(index, outcome);
    const joined = this.#joined?.get(index);
    if (joined === undefined) return;
    this.#joined?.delete(index);
    for (const tell of joined) tell(outcome);
  }

  #arriveAgain(identities: readonly string[]): Arrival {
    const known = (this.#indices ??= this.#lookedUp());
    const repeats = new Set<number>();
    const first = this.size;
    const indices = identities.map((identity, place) => {
      const index = known.get(identity);
      if (index === undefined) {
        known.set(identity, this.size);
        this.#grow(1);
        return this.size - 1;
      }
      if (this.#states[index] === FREE) this.#states[index] = RUNNING;
      else repeats.add(place);
      return index;
    });
    return repeats.size === 0 ? new Arrival(this, first, indices) : new Arrival(this, first, indices, repeats);
  }

  #lookedUp(): Map<string, number> {
    const indices = new Map<string, number>();
    for (const names of this.#names) for (const identity of names.split("\n")) indices.set(identity, indices.size);
    this.#names = [];
    this.#firsts.clear();
    return indices;
  }

  #grow(by: number): void {
    const size = this.size + by;
    if (size > this.#states.length) {
      const states = new Uint8Array(this.#states.length === 0 ? size : Math.max(size, 2 * this.#states.length));
      states.set(this.#states);
      this.#states = states;
    }
    this.size = size;
  }
}
