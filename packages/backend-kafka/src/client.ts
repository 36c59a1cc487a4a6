/** The life of one object: the line on which it publishes, those of its inboxes, and how its calls end. */

import {
  type BatchFailure,
  type Call,
  hasEnded,
  type InboxOptions,
  Lifecycle,
  MusterError,
  type Outgoing,
} from "@muster/core/slots";
import { Link } from "./connection/link.ts";
import { Topic } from "./connection/topic.ts";
import { maxBatchBytes, type TopicPlan } from "./connection/topics.ts";
import { codedError, NAME } from "./errors.ts";
import { KafkaInbox } from "./inbox/inbox.ts";
import { topicOf } from "./keys.ts";
import type { MessagingSettings } from "./options.ts";
import { Publisher } from "./publishing/publisher.ts";

export class Client {
  readonly #settings: MessagingSettings;
  readonly #life = new Lifecycle(NAME);
  readonly #inboxes = new Set<KafkaInbox>();
  #open: { readonly plan: TopicPlan; readonly link: Link; readonly publisher: Publisher } | undefined;

  constructor(settings: MessagingSettings) {
    this.#settings = settings;
  }

  /** Gives what the topic takes for one batch of records, in bytes. */
  async open(namespace: string, call: Call): Promise<number> {
    let bytes = 0;
    await this.#life.open(call, async (opening) => {
      const link = new Link(this.#settings);
      try {
        const plan = planOf(this.#settings, namespace);
        const topic = new Topic(plan);
        const line = await link.line(opening, "open");
        await topic.view(line, opening);
        bytes = await maxBatchBytes(line, plan.topic);
        this.#open = { plan, link, publisher: new Publisher(link, topic, bytes) };
      } catch (error) {
        link.close();
        throw codedError(error, { operation: "open" });
      }
    });
    return bytes;
  }

  /** @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws, coded. */
  run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      try {
        return await work();
      } catch (error) {
        throw codedError(error, { operation });
      }
    });
  }

  /** For the inside of {@link run}. */
  async publish(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#opened("publishMany").publisher.publish(batch, call);
  }

  /** For the inside of {@link run}. */
  async openInbox(options: InboxOptions, call: Call): Promise<KafkaInbox> {
    const around = {
      settings: this.#settings,
      plan: this.#opened("openInbox").plan,
      run: <T>(operation: string, inner: Call, work: () => Promise<T>) => this.run(operation, inner, work),
      onClosed: (closed: KafkaInbox) => void this.#inboxes.delete(closed),
    };
    const inbox = await KafkaInbox.open(around, options, call);
    this.#inboxes.add(inbox);
    if (this.#life.state !== "open" || hasEnded(call)) inbox.close(); // Nobody waits for it any more.
    return inbox;
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      for (const inbox of [...this.#inboxes]) inbox.close();
      this.#open?.link.close();
    });
  }

  #opened(operation: string): { readonly plan: TopicPlan; readonly publisher: Publisher } {
    if (this.#open !== undefined) return this.#open;
    throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message: "it is not open" });
  }
}

function planOf(
  { prefix, partitions, replicationFactor, retentionMs }: MessagingSettings,
  namespace: string,
): TopicPlan {
  // Only what lies in closed segments is ever deleted.
  const config = { "retention.ms": String(retentionMs), "segment.ms": String(retentionMs), "cleanup.policy": "delete" };
  return { topic: topicOf(prefix, namespace, "live"), partitions, replicationFactor, config };
}
