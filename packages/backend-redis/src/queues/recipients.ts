/** Whom one call is for, cut for scripts and sorted by who serves them. */

import type { Target } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";

/** Of one script: it takes the server a fraction of a millisecond, or a few where it has to look at each. */
const MOST_TARGETS = 1_000;
/** Of identities, in UTF-16 code units. */
const MOST_LENGTH = 524_288;

/** Those that one session is believed to serve. */
export interface Group {
  readonly session: string;
  /** Identities and epochs, by turns. */
  readonly members: string[];
  /** For each identity, where it stands in the batch. */
  readonly indexes: number[];
}

/** In order of identity, each once. */
export interface Part {
  /** The least identity, and the greatest. */
  readonly first: string;
  readonly last: string;
  readonly groups: readonly Group[];
}

/** Callers mostly have them in order, and then nothing is sorted. */
export function partsOf(targets: readonly Target[]): readonly Part[] {
  const cutter = new Cutter();
  let before: string | undefined;
  for (const [index, target] of targets.entries()) {
    if (before !== undefined && compareStrings(before, target.identity) >= 0) return sortedPartsOf(targets);
    cutter.add(target, index);
    before = target.identity;
  }
  return cutter.end();
}

function sortedPartsOf(targets: readonly Target[]): readonly Part[] {
  const cutter = new Cutter();
  const entries = [...targets.entries()].sort(([, one], [, other]) => compareStrings(one.identity, other.identity));
  for (const [at, [index, target]] of entries.entries())
    if (entries[at - 1]?.[1].identity !== target.identity) cutter.add(target, index);
  return cutter.end();
}

class Cutter {
  readonly #parts: Part[] = [];
  #groups = new Map<string, Group>();
  #first = "";
  #last = "";
  #count = 0;
  #length = 0;

  add({ identity, epoch, session = "" }: Target, index: number): void {
    if (this.#count === MOST_TARGETS || this.#length + identity.length > MOST_LENGTH) this.#cut();
    if (this.#count === 0) this.#first = identity;
    this.#last = identity;
    this.#count += 1;
    this.#length += identity.length;
    let group = this.#groups.get(session);
    if (group === undefined) {
      group = { session, members: [], indexes: [] };
      this.#groups.set(session, group);
    }
    group.members.push(identity, String(epoch));
    group.indexes.push(index);
  }

  end(): readonly Part[] {
    this.#cut();
    return this.#parts;
  }

  #cut(): void {
    if (this.#count === 0) return;
    this.#parts.push({ first: this.#first, last: this.#last, groups: [...this.#groups.values()] });
    this.#groups = new Map();
    this.#count = 0;
    this.#length = 0;
  }
}
