/** What an inbox listens on, and how far it has read: an address is live from an offset on, not from a moment. */

import { partitionOf } from "../keys.ts";

interface Place {
  readonly partition: number;
  /** What stands before it in the log is not for this inbox. */
  readonly from: number;
}

export class Places {
  readonly #places = new Map<string, Place>();
  /** By partition that some address is on: the offset to be read next. */
  readonly #positions = new Map<number, number>();
  /** How many addresses are on a partition. */
  readonly #counts = new Map<number, number>();
  #partitions = 0;
  #generation = 0;

  /** Changes when offsets that were asked for before mean nothing any more. */
  get generation(): number {
    return this.#generation;
  }

  /** Of those partitions on which there is an address: where to read on. */
  get positions(): ReadonlyMap<number, number> {
    return this.#positions;
  }

  /** Of so many; 0: nobody has told yet. */
  get partitions(): number {
    return this.#partitions;
  }

  has(address: string): boolean {
    return this.#places.has(address);
  }

  partitionOf(address: string, partitions: number): number {
    return partitionOf(Buffer.from(address), partitions);
  }

  /** Live from that offset of its partition on. Nothing changes for one that is there. */
  add(address: string, from: number, partitions: number): void {
    if (this.#places.has(address)) return;
    this.#partitions = partitions;
    const partition = this.partitionOf(address, partitions);
    this.#places.set(address, { partition, from });
    this.#counts.set(partition, (this.#counts.get(partition) ?? 0) + 1);
    if (!this.#positions.has(partition)) this.#positions.set(partition, from);
  }

  remove(address: string): void {
    const place = this.#places.get(address);
    if (place === undefined) return;
    this.#places.delete(address);
    const left = (this.#counts.get(place.partition) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(place.partition, left);
      return;
    }
    this.#counts.delete(place.partition);
    this.#positions.delete(place.partition);
  }

  /** Whether the record has not been read, and is for this inbox. It has been read then. */
  take(partition: number, offset: number, address: string | undefined): boolean {
    const position = this.#positions.get(partition);
    if (position === undefined || offset < position) return false;
    this.#positions.set(partition, offset + 1);
    const place = address === undefined ? undefined : this.#places.get(address);
    return place !== undefined && place.partition === partition && offset >= place.from;
  }

  /** The log begins further on: what was before has been deleted. */
  skipTo(partition: number, offset: number): void {
    if (this.#positions.has(partition)) this.#positions.set(partition, offset);
  }

  /** Another log has taken the place of one that was read: all that it has is for whoever listens there. */
  rewind(partition: number, offset: number): void {
    if (!this.#positions.has(partition)) return;
    this.#positions.set(partition, offset);
    this.#generation += 1;
    for (const [address, place] of this.#places) {
      if (place.partition === partition) this.#places.set(address, { partition, from: Math.min(place.from, offset) });
    }
  }

  /** Other logs have taken the place of those that were read: every address is live from these offsets on. */
  restart(partitions: number, offsets: (partition: number) => number): void {
    const addresses = [...this.#places.keys()];
    for (const all of [this.#places, this.#positions, this.#counts]) all.clear();
    this.#generation += 1;
    for (const address of addresses) this.add(address, offsets(this.partitionOf(address, partitions)), partitions);
  }
}
