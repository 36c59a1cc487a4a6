/** Recipients on their way into parcels. */

import { type OutboxTarget, shardOf } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checks } from "../queues/arguments.ts";
import { inOrder } from "../queues/enqueueing.ts";
import { SHARDS } from "./shards.ts";

/** Of one parcel. */
const MAX_TARGETS = 1_000;
/** Of one statement. */
const MAX_PARCELS = 8;

/** Column by column, as it is sent. */
export interface Packed {
  readonly shard: number;
  /** In order, each once. */
  readonly identities: readonly string[];
  /** Of each of them. */
  readonly epochs: readonly number[];
}

interface Open {
  readonly identities: string[];
  readonly epochs: number[];
}

/** Collects until parcels are full, so that there are few of them: what it holds at most is a few of each shard. */
export class Packing {
  readonly #open: Open[] = Array.from({ length: SHARDS }, emptyParcel);
  #full: Packed[] = [];
  #last = "";
  #isInOrder = true;

  /** Whether everyone has come behind everyone before, so that nobody can have come twice. */
  get isInOrder(): boolean {
    return this.#isInOrder;
  }

  /** Whether there is enough for a statement. */
  get isFull(): boolean {
    return this.#full.length >= MAX_PARCELS;
  }

  /** @throws INVALID_IDENTITY */
  add(targets: readonly OutboxTarget[]): void {
    let last = this.#last;
    for (const { identity, epoch } of targets) {
      checks.checkIdentity(identity, "record");
      if (compareStrings(last, identity) >= 0) this.#isInOrder = false;
      last = identity;
      const shard = shardOf(identity, SHARDS);
      const open = this.#open[shard];
      if (open === undefined) continue; // There is one of each shard.
      open.epochs.push(epoch);
      if (open.identities.push(identity) === MAX_TARGETS) this.#close(shard, open);
    }
    this.#last = last;
  }

  /** Those that are full, which it lets go of. */
  takeFull(): readonly Packed[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  takeAll(): readonly Packed[] {
    for (const [shard, open] of this.#open.entries()) if (open.identities.length > 0) this.#close(shard, open);
    return this.takeFull();
  }

  #close(shard: number, open: Open): void {
    this.#full.push(this.#isInOrder ? { shard, ...open } : packed(shard, inOrder(targetsOf(open))));
    this.#open[shard] = emptyParcel();
  }
}

function emptyParcel(): Open {
  return { identities: [], epochs: [] };
}

/** @param targets in order, each once. */
export function packed(shard: number, targets: readonly OutboxTarget[]): Packed {
  return { shard, identities: targets.map(({ identity }) => identity), epochs: targets.map(({ epoch }) => epoch) };
}

export function targetsOf({ identities, epochs }: Open | Packed): readonly OutboxTarget[] {
  return identities.map((identity, index) => ({ identity, epoch: epochs[index] ?? 0 }));
}

/** Of each parcel its shard, identities and epochs. */
export function columnsOf(parcels: readonly Packed[]): readonly Parameter[] {
  return parcels.flatMap(({ shard, identities, epochs }) => [shard, textArray(identities), bigintArray(epochs)]);
}

export function sizeOf(parcels: readonly Packed[]): number {
  return parcels.reduce((sum, { identities }) => sum + identities.length, 0);
}
