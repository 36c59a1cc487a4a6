/** How one client reaches the outbox of its namespace. */

import { type Call, DEFAULT_DURABILITY_SCOPE, type Scope } from "@muster/core/slots";
import { Client } from "../client.ts";
import { Line, type MemoryFaults } from "../faults.ts";
import type { MemoryHub } from "../hub.ts";
import type { Committed } from "./committed.ts";
import { letTimePass } from "./passing-time.ts";

export class OutboxAccess {
  readonly client: Client;
  /** To bells, for as long as the client is open. */
  readonly listening: Set<Disposable> = new Set();
  readonly #hub: MemoryHub;
  #namespace = "";
  #retentionMs = DEFAULT_DURABILITY_SCOPE.trackingRetentionMs;

  constructor(hub: MemoryHub, faults: MemoryFaults | undefined) {
    this.#hub = hub;
    this.client = new Client("store", new Line(hub.faults, ...(faults ? [faults] : [])));
  }

  /** Of multicasts that have ended. */
  get retentionMs(): number {
    return this.#retentionMs;
  }

  /** As it stands now: what time alone has done is done. */
  get outbox(): Committed {
    const outbox = this.#hub.outbox(this.#namespace);
    letTimePass(outbox, this.now);
    return outbox;
  }

  get now(): number {
    return this.#hub.now();
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.client.open(call, () => {
      this.#namespace = namespace;
      this.#retentionMs = durability.trackingRetentionMs;
    });
  }

  async close(): Promise<void> {
    await this.client.close(() => {
      for (const one of this.listening) one[Symbol.dispose]();
      this.listening.clear();
    });
  }

  /** One operation: nothing else happens to the outbox until `apply` returns. */
  async run<T>(operation: string, call: Call, apply: (outbox: Committed, now: number) => T): Promise<T> {
    return this.client.run(operation, call, () => {
      const { outbox } = this;
      return apply(outbox, this.now);
    });
  }
}
