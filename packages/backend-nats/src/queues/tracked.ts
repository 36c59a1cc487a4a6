/** Which multicasts have been recorded, as far as this client has asked: one is before its first delivery, or never. */

import type { JetStream } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import type { QueueSubjects } from "../keys.ts";

const MOST = 1_024;

export class Tracked {
  readonly #jetStream: JetStream;
  readonly #subjects: QueueSubjects;
  readonly #known = new Map<string, boolean>();

  constructor(jetStream: JetStream, subjects: QueueSubjects) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
  }

  add(id: string): void {
    this.#set(id, true);
  }

  async has(id: string, call: QueueCall): Promise<boolean> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const query = { last_by_subj: this.#subjects.start(id) };
    const stored = await this.#jetStream.get(this.#subjects.records, query, call);
    this.#set(id, stored !== undefined);
    return stored !== undefined;
  }

  #set(id: string, isTracked: boolean): void {
    this.#known.set(id, isTracked);
    if (this.#known.size <= MOST) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
