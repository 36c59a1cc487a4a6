/** Consumers of the queue stream: one for each place that somebody asks for. */

import type { JetStream } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import { ensureConsumer } from "../jetstream/streams.ts";
import type { QueueSubjects } from "../keys.ts";

/**
 * JetStream doesn't answer who asks a consumer that isn't there, and making one that is there changes nothing. So it is made
 * again, now and then.
 */
const GOOD_FOR_MS = 4_000;
const MOST = 4_096;

export class Consumers {
  readonly #jetStream: JetStream;
  readonly #subjects: QueueSubjects;
  /** When a place was known to have one, by the monotonic clock. */
  readonly #knownAt = new Map<string, number>();

  constructor(jetStream: JetStream, subjects: QueueSubjects) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
  }

  /** @throws what JetStream says. */
  async ensure(place: string, call: QueueCall): Promise<void> {
    const knownAt = this.#knownAt.get(place) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - knownAt < GOOD_FOR_MS) return;
    const { queue: stream } = this.#subjects;
    await ensureConsumer(this.#jetStream, { stream, consumer: place, filter: this.#subjects.entriesAt(place) }, call);
    if (this.#knownAt.size >= MOST) this.#knownAt.clear();
    this.#knownAt.set(place, performance.now());
  }

  /** It may be gone. */
  doubt(place: string): void {
    this.#knownAt.delete(place);
  }
}
