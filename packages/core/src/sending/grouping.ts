/** Turns a stream of routes into parcels: many recipients for a node address, one for an identity address. */

import { isNodeAddress } from "../wire/addresses.ts";
import { type Content, frameBytes, type Recipients, recipientBytes } from "../wire/frame.ts";

/** No broker measured gained anything above this; a tenth of it gives four fifths of the gain. */
const MAX_RECIPIENTS = 1_000;
/** Recipients that may wait for their parcel to fill, over all addresses. */
const MAX_WAITING = 32_768;

const NONE: readonly Parcel[] = [];

/** One message to come: it is encoded when it is published. */
export interface Parcel extends Recipients {
  readonly address: string;
  readonly epochs: readonly number[];
  /** Of its body. */
  readonly bytes: number;
}

interface Group {
  readonly address: string;
  readonly identities: string[];
  readonly epochs: number[];
  bytes: number;
}

export interface Recipient {
  readonly identity: string;
  readonly epoch: number;
  readonly address: string;
}

/** Groups recipients by address. Every recipient that was added comes out exactly once, in some parcel. */
export class Grouping {
  readonly #emptyBytes: number;
  readonly #payloadBytes: number;
  readonly #maxBytes: number;
  #groups = new Map<string, Group>();
  #waiting = 0;

  /** @param maxBytes what one body may take; room for at least one recipient has been checked before. */
  constructor(content: Content, maxBytes: number) {
    this.#emptyBytes = frameBytes(content);
    this.#payloadBytes = content.payload.byteLength;
    this.#maxBytes = maxBytes;
  }

  /** The parcels that are to be sent now, because they are full or because too much waits; usually none. */
  add({ identity, epoch, address }: Recipient): readonly Parcel[] {
    if (!isNodeAddress(address))
      return [{ address, identities: [identity], epochs: [epoch], bytes: this.#payloadBytes }];
    const bytes = recipientBytes(identity);
    const standing = this.#groups.get(address);
    const full = standing !== undefined && !this.#hasRoom(standing, bytes) ? standing : undefined;
    const group = standing === undefined || full !== undefined ? this.#newGroup(address) : standing;
    if (full !== undefined) this.#waiting -= full.identities.length;
    group.identities.push(identity);
    group.epochs.push(epoch);
    group.bytes += bytes;
    this.#waiting += 1;
    if (this.#waiting > MAX_WAITING) return full === undefined ? this.drain() : [full, ...this.drain()];
    return full === undefined ? NONE : [full];
  }

  /** Everything that waits. */
  drain(): readonly Parcel[] {
    const parcels = [...this.#groups.values()];
    this.#groups = new Map();
    this.#waiting = 0;
    return parcels;
  }

  #hasRoom(group: Group, bytes: number): boolean {
    return group.identities.length < MAX_RECIPIENTS && group.bytes + bytes <= this.#maxBytes;
  }

  #newGroup(address: string): Group {
    const group: Group = { address, identities: [], epochs: [], bytes: this.#emptyBytes };
    this.#groups.set(address, group);
    return group;
  }
}
