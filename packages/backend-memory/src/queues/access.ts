/** How one client reaches the queues of its namespace. */

import { type Call, DEFAULT_DURABILITY_SCOPE, type DurabilityScope, type Scope } from "@muster/core/slots";
import { Client } from "../client.ts";
import { Line, type MemoryFaults } from "../faults.ts";
import type { MemoryHub } from "../hub.ts";
import { letTimePass } from "./passing-time.ts";
import type { Queues } from "./queues.ts";

/** When an operation happens, by the store's clock, and what its client's scope makes of that. */
export interface Moment {
  readonly now: number;
  /** For a multicast that begins now, and for drops. */
  readonly knownUntil: number;
  /** For what dies now. */
  readonly lettersUntil: number;
  readonly maxQueued: number;
}

export class Access {
  readonly client: Client;
  readonly #hub: MemoryHub;
  #namespace = "";
  #scope: DurabilityScope = DEFAULT_DURABILITY_SCOPE;

  constructor(hub: MemoryHub, faults: MemoryFaults | undefined) {
    this.#hub = hub;
    this.client = new Client("store", new Line(hub.faults, ...(faults ? [faults] : [])));
  }

  get scope(): DurabilityScope {
    return this.#scope;
  }

  get queues(): Queues {
    return this.#hub.queues(this.#namespace);
  }

  get now(): number {
    return this.#hub.now();
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.client.open(call, () => {
      this.#namespace = namespace;
      this.#scope = durability;
    });
  }

  /** One operation: nothing else happens to the queues until `apply` returns. */
  async run<T>(operation: string, call: Call, apply: (queues: Queues, moment: Moment) => T): Promise<T> {
    return this.client.run(operation, call, () => {
      const { queues, now } = this;
      letTimePass(queues, now);
      return apply(queues, this.#moment(now));
    });
  }

  #moment(now: number): Moment {
    const { trackingRetentionMs, deadLetterRetentionMs, maxQueued = Number.POSITIVE_INFINITY } = this.#scope;
    return { now, knownUntil: now + trackingRetentionMs, lettersUntil: now + deadLetterRetentionMs, maxQueued };
  }
}
