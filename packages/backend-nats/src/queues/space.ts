/** One namespace as an open durability slot knows it. */

import { createHash } from "node:crypto";
import type { DurabilityScope } from "@muster/core/slots";
import { JetStream, type Stored } from "../jetstream/api.ts";
import { ServerClock } from "../jetstream/clock.ts";
import type { StreamSettings } from "../jetstream/options.ts";
import { Requests } from "../jetstream/requests.ts";
import type { QueueCall } from "../jetstream/call.ts";
import { ensureStream } from "../jetstream/streams.ts";
import type { Link } from "../connection/link.ts";
import type { QueueSubjects } from "../keys.ts";
import { Attachments } from "./attachments.ts";
import { Consumers } from "./consumers.ts";
import { Tracked } from "./tracked.ts";
import { StoredMessages } from "./stored-messages.ts";

/** How long JetStream itself knows what was published; after that what has been delivered is told apart by its state. */
const DUPLICATE_WINDOW_MS = 120_000;
const SEAL_LENGTH = 8;

export class Space implements Disposable {
  readonly jetStream: JetStream;
  readonly subjects: QueueSubjects;
  readonly scope: DurabilityScope;
  readonly clock: ServerClock;
  readonly attachments: Attachments;
  readonly messages: StoredMessages;
  readonly tracked: Tracked;
  readonly consumers: Consumers;
  /** When the queues of sessions that are no more were looked through, by this client and its monotonic clock. */
  readonly swept: { at: number } = { at: Number.NEGATIVE_INFINITY };
  /** Begins every receipt, so that none of another namespace is taken for one of this. */
  readonly seal: string;
  readonly #requests: Requests;
  #isDoubtful = true;

  constructor(link: Link, settings: StreamSettings, subjects: QueueSubjects, scope: DurabilityScope) {
    this.#requests = new Requests(link);
    this.jetStream = new JetStream(this.#requests, settings);
    this.subjects = subjects;
    this.scope = scope;
    this.seal = createHash("sha256").update(subjects.queue).digest("base64url").slice(0, SEAL_LENGTH);
    this.clock = new ServerClock(this.jetStream, { stream: subjects.states, subject: subjects.clock });
    this.attachments = new Attachments(this.jetStream, subjects);
    this.messages = new StoredMessages(this.jetStream, subjects, this.clock);
    this.consumers = new Consumers(this.jetStream, subjects);
    this.tracked = new Tracked(this.jetStream, subjects);
  }

  /** Something was not there: before the next call it is looked whether streams are missing. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** Makes the streams that are missing, if that is in doubt, and learns the time. @throws what JetStream says. */
  async ready(call: QueueCall): Promise<void> {
    if (this.#isDoubtful) {
      await this.#makeStreams(call);
      this.#isDoubtful = false;
    }
    await this.clock.ready();
  }

  async #makeStreams(call: QueueCall): Promise<void> {
    const { jetStream, subjects } = this;
    const { queue, states, attachments, records } = subjects;
    await Promise.all([
      ensureStream(
        jetStream,
        { name: queue, subjects: [subjects.allEntries], keeps: "queue", duplicateWindowMs: DUPLICATE_WINDOW_MS },
        call,
      ),
      ensureStream(
        jetStream,
        { name: states, subjects: [subjects.allStates, subjects.allMessages, subjects.clock], keeps: "last" },
        call,
      ),
      ensureStream(jetStream, { name: attachments, subjects: [subjects.allAttachments], keeps: "last" }, call),
      ensureStream(
        jetStream,
        {
          name: records,
          subjects: [subjects.allLetters, subjects.allStarts, subjects.allKeys, subjects.allRecipients],
          keeps: "last",
        },
        call,
      ),
    ]);
  }

  /** The last message of the subject. */
  async last(stream: string, subject: string, call: QueueCall): Promise<Stored | undefined> {
    return this.jetStream.get(stream, { last_by_subj: subject }, call);
  }

  [Symbol.dispose](): void {
    this.#requests[Symbol.dispose]();
  }
}
