/** Recipients on their way into parcels. */

import { type OutboxTarget, shardOf } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checkIdentity } from "../queues/arguments.ts";
import { inOrder } from "../queues/enqueueing.ts";
import { SHARDS } from "./shards.ts";

/** Of one parcel. */
const MAX_TARGETS = 1_000;
/** Of one statement. */
const MAX_PARCELS = 8;

export interface Packed {
  readonly shard: number;
  /** In order, each once. */
  readonly targets: readonly OutboxTarget[];
}

/** Collects until parcels are full, so that there are few of them: what it holds at most is a few of each shard. */
export class Packing {
  readonly #open: OutboxTarget[][] = Array.from({ length: SHARDS }, () => []);
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
    for (const target of targets) {
      const { identity } = target;
      checkIdentity(identity, "record");
      if (compareStrings(this.#last, identity) >= 0) this.#isInOrder = false;
      this.#last = identity;
      const shard = shardOf(identity, SHARDS);
      const open = this.#open[shard];
      open?.push(target);
      if (open?.length === MAX_TARGETS) this.#close(shard, open);
    }
  }

  /** Those that are full, which it lets go of. */
  takeFull(): readonly Packed[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  takeAll(): readonly Packed[] {
    for (const [shard, open] of this.#open.entries()) if (open.length > 0) this.#close(shard, open);
    return this.takeFull();
  }

  #close(shard: number, targets: readonly OutboxTarget[]): void {
    this.#full.push({ shard, targets: this.#isInOrder ? targets : inOrder(targets) });
    this.#open[shard] = [];
  }
}

/** Of each parcel its shard, identities and epochs. */
export function columnsOf(parcels: readonly Packed[]): readonly Parameter[] {
  return parcels.flatMap(({ shard, targets }) => [
    shard,
    textArray(targets.map(({ identity }) => identity)),
    bigintArray(targets.map(({ epoch }) => epoch)),
  ]);
}

export function sizeOf(parcels: readonly Packed[]): number {
  return parcels.reduce((sum, { targets }) => sum + targets.length, 0);
}
