/**
 * What time it is by the servers, within bounds: JetStream stamps what it stores and tells the time in no other way. A
 * message that is stored and read back says by how much this process' clock is ahead or behind, to within the round trip.
 */

import { unavailable } from "../errors.ts";
import { QueueCall } from "./call.ts";
import type { JetStream } from "./api.ts";

/** Clocks drift apart by some milliseconds in that time. */
const GOOD_FOR_MS = 60_000;
/** Nobody else publishes there but who asks for the time, too; what was stored is there unless its stream was deleted. */
const TRIES = 20;
/** It is nobody's alone, and ends when JetStream answers or doesn't. */
const READING: QueueCall = new QueueCall({ signal: new AbortController().signal }, "clock");

export class ServerClock {
  readonly #jetStream: JetStream;
  readonly #place: { readonly stream: string; readonly subject: string };
  /** Between which the servers' clock is ahead of this process' monotonic one, in ms. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(jetStream: JetStream, place: { readonly stream: string; readonly subject: string }) {
    this.#jetStream = jetStream;
    this.#place = place;
  }

  /** Epoch ms: no later than it is. */
  get earliest(): number {
    return performance.now() + this.#least;
  }

  /** Epoch ms: no earlier than it is. */
  get latest(): number {
    return performance.now() + this.#most;
  }

  get now(): number {
    return performance.now() + (this.#least + this.#most) / 2;
  }

  /** Resolves when it is known. Asked again once a minute, by whoever needs it then. */
  async ready(): Promise<void> {
    if (performance.now() - this.#readAt < GOOD_FOR_MS) return;
    this.#reading ??= this.#read(READING).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(call: QueueCall): Promise<void> {
    const { stream, subject } = this.#place;
    for (let left = TRIES; left > 0; left -= 1) {
      const sentAt = performance.now();
      const published = await this.#jetStream.publish(subject, "", {}, call);
      const answeredAt = performance.now();
      if ("refused" in published) continue;
      const stored = await this.#jetStream.get(stream, { last_by_subj: subject }, call);
      if (stored === undefined || stored.sequence < published.sequence) continue;
      // One that somebody else has stored behind it is no older than the question, and no younger than this answer.
      this.#least = stored.time - (stored.sequence === published.sequence ? answeredAt : performance.now());
      this.#most = stored.time - sentAt;
      this.#readAt = performance.now();
      return;
    }
    throw unavailable("the time of the servers can't be read", { operation: "clock", mayHaveApplied: true });
  }
}
