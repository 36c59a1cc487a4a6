/** How the queues of a namespace stand on the server. */

import { randomUUID } from "node:crypto";
import { shardOf } from "@muster/core/slots";
import { exchangeOf } from "../keys.ts";

/** Queues in which waits what is for nobody's session. Never to be changed: releases run side by side. */
const SHARDS = 4;

export class Names {
  readonly #base: string;

  constructor(prefix: string, namespace: string) {
    this.#base = exchangeOf(prefix, namespace);
  }

  /** Direct: its keys are sessions. What none of them takes goes to {@link strays}. */
  get incoming(): string {
    return `${this.#base}.in`;
  }

  get lost(): string {
    return `${this.#base}.lost`;
  }

  get strays(): string {
    return `${this.#base}.strays`;
  }

  /** Direct: its keys are the names of queues. */
  get own(): string {
    return `${this.#base}.own`;
  }

  /** Fanout, to every process. */
  get bell(): string {
    return `${this.#base}.bell`;
  }

  /** An exchange that nothing is sent to: where it is, the queues of the namespace have stood for a while. */
  get stands(): string {
    return `${this.#base}.stands`;
  }

  /** One message for each queue of a process. */
  get ledger(): string {
    return `${this.#base}.ledger`;
  }

  get dead(): string {
    return `${this.#base}.dead`;
  }

  get parked(): readonly string[] {
    return Array.from({ length: SHARDS }, (_, shard) => `${this.#base}.parked.${shard}`);
  }

  parkedFor(identity: string): string {
    return `${this.#base}.parked.${shardOf(identity, SHARDS)}`;
  }

  /** An exchange and a queue. */
  delay(ms: number): string {
    return `${this.#base}.delay.${ms}`;
  }

  /** Another one each time. */
  queueOfProcess(): string {
    return `${this.#base}.of.${randomUUID()}`;
  }
}
