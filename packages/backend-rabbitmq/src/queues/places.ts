/** Whom this process serves, and whose queues were dropped. */

import { BoundedMap, type DeadCode, type Target } from "@muster/core/slots";
import type { Place } from "./items.ts";

const MAX_DROPPED = 100_000;

export interface Why {
  readonly code: DeadCode;
  readonly reason: string;
}

export class Places {
  readonly #places = new Map<string, Place>();
  readonly #dropped = new BoundedMap<string, Why & { readonly epoch: number }>(MAX_DROPPED);

  get(identity: string): Place | undefined {
    return this.#places.get(identity);
  }

  identities(): Iterable<string> {
    return this.#places.keys();
  }

  attach(session: string, { identity, epoch }: Target): "attached" | "as before" | "fenced" {
    const place = this.#places.get(identity);
    if (this.whyDropped(identity, epoch) !== undefined || (place?.epoch ?? epoch) > epoch) return "fenced";
    if (place?.session === session && place.epoch === epoch) return "as before";
    this.#places.set(identity, { session, epoch });
    return "attached";
  }

  /** False: it was not there. */
  detach(session: string, identity: string): boolean {
    return this.#places.get(identity)?.session === session && this.#places.delete(identity);
  }

  /** Somebody else serves it, in that epoch. `undefined`: nothing changes here; a place: that one knows better. */
  yield(identity: string, epoch: number): "yielded" | Place | undefined {
    const place = this.#places.get(identity);
    if (place === undefined) return undefined;
    if (place.epoch > epoch) return place;
    this.#places.delete(identity);
    return "yielded";
  }

  /** Ends what was enqueued for epochs up to that one, whenever it comes. */
  drop(identity: string, epoch: number, { code, reason }: Why): void {
    if ((this.#dropped.get(identity)?.epoch ?? -1) < epoch) this.#dropped.set(identity, { epoch, code, reason });
    if ((this.#places.get(identity)?.epoch ?? epoch + 1) <= epoch) this.#places.delete(identity);
  }

  whyDropped(identity: string, epoch: number): Why | undefined {
    const dropped = this.#dropped.get(identity);
    return dropped !== undefined && epoch <= dropped.epoch ? dropped : undefined;
  }
}
