/** What this process serves: one record per handle, whatever epochs its registration goes through. */

import type { Metadata } from "@muster/filter";
import { Emitter } from "../tasks/events.ts";
import type { HandleEvents } from "../fleet.ts";
import type { Mailbox } from "../receiving/mailbox.ts";
import type { MusterError } from "../slots/index.ts";

/** What a caller asked for and what stays the same through all lives of a handle's registration. */
export interface ServedOptions {
  readonly identity: string;
  readonly ttlMs: number | undefined;
  readonly renew: "session" | "manual";
  readonly onLost: "re-register" | "stop";
  /** An address of its own; absent: the node address, once it has a receiver. */
  readonly address: string | undefined;
  /** Its session keeps it alive; otherwise it has an expiry of its own. */
  readonly sessionBound: boolean;
}

/**
 * `new` until it stands in the store; `lost` while it is being registered again; `ended` when it has been replaced or
 * unregistered or, under `onLost: "stop"`, lost.
 */
export type ServedState = "new" | "live" | "lost" | "ended";

/** The state behind a handle. */
export class Served {
  readonly options: ServedOptions;
  readonly events: Emitter<HandleEvents>;
  state: ServedState = "new";
  metadata: Metadata;
  epoch = 0;
  revision = 0;
  /** The session it was stored with. */
  session = "";
  /** Monotonic: until when handlers may start, where it has an expiry of its own. */
  deadline: number = Number.POSITIVE_INFINITY;
  mailbox: Mailbox | undefined;
  /** Since it was released: settles when its queue in the durability slot has been left. */
  detached: Promise<void> | undefined;
  /** Its own address is live in this process. */
  holdsAddress = false;
  /** The last audit that has met it in the store. */
  metBy: object | undefined;
  /** Its next renewal, expiry or registration. */
  due: Disposable | undefined;
  /** Settles when everything that rewrites it and was asked for has ended; absent: nothing does. */
  rewriting: Promise<unknown> | undefined;

  constructor(options: ServedOptions, metadata: Metadata, warn: (error: MusterError) => void) {
    this.options = options;
    this.metadata = metadata;
    this.events = new Emitter(warn);
  }

  get isLive(): boolean {
    return this.state === "live";
  }

  /** Waits for its next step no longer. */
  forget(): void {
    this.due?.[Symbol.dispose]();
    this.due = undefined;
  }
}

/** Who in this process holds an address that registrations name themselves. */
export interface AddressUse {
  holders: number;
  /** Resolves when it has been taken down for the last time. */
  ended: Promise<void>;
}

/** The registrations of one process by identity, and the identities it is registering right now. */
export class ServedTable {
  readonly #served = new Map<string, Served>();
  readonly #lost = new Map<string, Served>();
  readonly #pending = new Set<string>();
  /** How many more of the same identity are pending, where there are any. */
  readonly #morePending = new Map<string, number>();

  /** Of the live. */
  get size(): number {
    return this.#served.size;
  }

  get(identity: string): Served | undefined {
    return this.#served.get(identity);
  }

  /** The live, as of now; what comes or goes during the iteration doesn't disturb it. */
  all(): readonly Served[] {
    return [...this.#served.values()];
  }

  /** Those that are being registered again; their former life may still stand in the store. */
  lost(): readonly Served[] {
    return [...this.#lost.values()];
  }

  getLost(identity: string): Served | undefined {
    return this.#lost.size === 0 ? undefined : this.#lost.get(identity);
  }

  set(served: Served): void {
    const { identity } = served.options;
    if (this.getLost(identity) === served) this.#lost.delete(identity);
    this.#served.set(identity, served);
  }

  lose(served: Served): void {
    this.delete(served);
    this.#lost.set(served.options.identity, served);
  }

  /** Leaves alone another one that has taken its place. */
  delete(served: Served): void {
    const { identity } = served.options;
    if (this.#lost.get(identity) === served) this.#lost.delete(identity);
    if (this.#served.get(identity) === served) this.#served.delete(identity);
  }

  isPending(identity: string): boolean {
    return this.#pending.has(identity);
  }

  /** The outcome of a registration is unknown from now on, until it is settled. */
  begin(identity: string): void {
    const { size } = this.#pending;
    if (this.#pending.add(identity).size > size) return;
    this.#morePending.set(identity, (this.#morePending.get(identity) ?? 0) + 1);
  }

  settle(identity: string): void {
    const more = this.#morePending.size === 0 ? undefined : this.#morePending.get(identity);
    if (more === undefined) this.#pending.delete(identity);
    else if (more === 1) this.#morePending.delete(identity);
    else this.#morePending.set(identity, more - 1);
  }
}
