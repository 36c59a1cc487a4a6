/** Whom one call is for, cut for scripts and sorted by who serves them. */

import type { Target } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { checks } from "./arguments.ts";
import type { Audience, Audiences } from "./audiences.ts";

/** Of one script: it takes the server a fraction of a millisecond, or a few where it has to look at each. */
const MOST_TARGETS = 1_000;
/** Of identities, in UTF-16 code units. */
const MOST_LENGTH = 524_288;

/** In order of identity, each once. */
export interface Part {
  /** The least identity, and the greatest. */
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly groups: readonly Audience[];
}

/**
 * Cuts one call after the other. It is held as long as there are calls, and holds what it has cut last: of objects none of
 * which survive a full collection V8 forgets the shape, and all optimized code that handles them.
 */
export class Recipients {
  readonly #cutter: Cutter;

  constructor(audiences: Audiences) {
    this.#cutter = new Cutter(audiences);
  }

  /**
   * Callers mostly have them in order, and then nothing is sorted.
   *
   * @throws INVALID_ARGUMENT, INVALID_IDENTITY
   */
  partsOf(targets: readonly Target[]): readonly Part[] {
    const cutter = this.#cutter;
    cutter.begin();
    let before: string | undefined;
    for (const target of targets) {
      if (before !== undefined && compareStrings(before, target.identity) >= 0) return this.#sortedPartsOf(targets);
      cutter.add(target);
      before = target.identity;
    }
    return cutter.end();
  }

  #sortedPartsOf(targets: readonly Target[]): readonly Part[] {
    const cutter = this.#cutter;
    cutter.begin();
    const sorted = targets.toSorted((one, other) => compareStrings(one.identity, other.identity));
    for (const [at, target] of sorted.entries()) if (sorted[at - 1]?.identity !== target.identity) cutter.add(target);
    return cutter.end();
  }
}

class Cutter {
  readonly #audiences: Audiences;
  #parts: Part[] = [];
  #groups = new Map<string, Group>();
  #first = "";
  #last = "";
  #count = 0;
  #length = 0;

  constructor(audiences: Audiences) {
    this.#audiences = audiences;
  }

  add({ identity, epoch, session = "" }: Target): void {
    if (this.#count === MOST_TARGETS || (this.#count > 0 && this.#length + identity.length > MOST_LENGTH)) this.#cut();
    if (this.#count === 0) {
      this.#first = identity;
      this.#length = 0;
      this.#groups = new Map();
    }
    this.#last = identity;
    this.#count += 1;
    this.#length += identity.length;
    let group = this.#groups.get(session);
    if (group === undefined) {
      const name = session.includes("\0") ? "" : session; // Nobody is attached there.
      group = new Group(name, this.#audiences.guess(name, identity));
      this.#groups.set(session, group);
    }
    group.add(identity, epoch);
  }

  begin(): void {
    this.#parts = [];
    this.#count = 0;
    this.#groups = new Map();
    this.#length = 0;
  }

  end(): readonly Part[] {
    if (this.#count > 0) this.#cut();
    return this.#parts;
  }

  #cut(): void {
    const groups = Array.from(this.#groups.values(), (group) => group.end());
    this.#parts.push({ first: this.#first, last: this.#last, count: this.#count, groups });
    this.#count = 0;
  }
}

/** Those that one session is believed to serve. As long as they are those of an audience nothing is written down. */
class Group {
  readonly #session: string;
  #guess: Audience | undefined;
  #count = 0;
  #identities: string[] = [];
  #epochs: number[] = [];

  constructor(session: string, guess: Audience | undefined) {
    this.#session = session;
    this.#guess = guess;
  }

  add(identity: string, epoch: number): void {
    const guess = this.#guess;
    const at = this.#count;
    this.#count += 1;
    if (guess !== undefined) {
      if (guess.identities[at] === identity && guess.epochs[at] === epoch) return;
      this.#identities = guess.identities.slice(0, at);
      this.#epochs = guess.epochs.slice(0, at);
      this.#guess = undefined;
    }
    checks.checkTarget({ identity, epoch }, "enqueueMany");
    this.#identities.push(identity);
    this.#epochs.push(epoch);
  }

  end(): Audience {
    const guess = this.#guess;
    if (guess?.identities.length === this.#count) return guess;
    const session = this.#session;
    const identities = guess === undefined ? this.#identities : guess.identities.slice(0, this.#count);
    const epochs = guess === undefined ? this.#epochs : guess.epochs.slice(0, this.#count);
    let text = `${session}\0${this.#count}`;
    for (const [at, identity] of identities.entries()) text += `\0${identity}\0${epochs[at] ?? 0}`;
    return { session, identities, epochs, text };
  }
}
