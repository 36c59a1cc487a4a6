/** The messaging slot: Redis' Pub/Sub, sharded in a cluster. */

import {
  type BatchFailure,
  type Call,
  checkColumns,
  checkOutgoing,
  checkPrefetch,
  type ColumnFacet,
  type Inbox,
  type InboxOptions,
  Lifecycle,
  type MessagingBackend,
  type MessagingTraits,
  type Outgoing,
  type OutgoingColumns,
  type Scope,
} from "@muster/core/slots";
import { type RedisClient, redisClient } from "./client.ts";
import { Bursts } from "./connection/bursts.ts";
import { NAME } from "./errors.ts";
import type { RedisOptions } from "./options.ts";
import { type Channels, channelsOf } from "./pubsub/channels.ts";
import { RedisInbox } from "./pubsub/inbox.ts";
import { ColumnLetters, type Letters, RowLetters } from "./pubsub/letters.ts";
import { publish } from "./pubsub/publishing.ts";

/**
 * Messages by Redis' Pub/Sub, at most once. A client has one connection for publishing and each of its inboxes another
 * (in a cluster one to each master).
 */
export function redisMessaging(options: RedisOptions): MessagingBackend {
  return new RedisMessaging(options);
}

class RedisMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly traits: MessagingTraits;
  readonly columns: ColumnFacet = { publishMany: async (batch, call) => this.#publishColumns(batch, call) };
  readonly #client: RedisClient;
  readonly #bursts = new Bursts();
  readonly #lifecycle = new Lifecycle(NAME);
  readonly #inboxes = new Set<RedisInbox>();
  #channels: Channels | undefined;

  constructor(options: RedisOptions) {
    this.#client = redisClient(options, (redis) => this.#bursts.watch(redis));
    this.traits = Object.freeze({
      delivery: "at-most-once",
      // Messages of one publisher may pass through several masters of a cluster; those of one address through one.
      order: this.#client.topology === "cluster" ? "per-address" : "per-publisher",
      retains: false,
      reportsNoReceiver: true,
      maxPayloadBytes: 1_048_576,
      maxBatch: 10_000,
    });
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#lifecycle.open(call, async (opening) => {
      await this.#client.open(opening);
      const { topology, prefix, db } = this.#client;
      this.#channels = channelsOf({ topology, prefix, db, namespace });
    });
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("publishMany", call, async (channels) => {
      checkOutgoing(batch, this.traits, NAME);
      return this.#publish(channels, new RowLetters(batch), call);
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#run("openInbox", call, async (channels) => {
      checkPrefetch(options.prefetch, NAME);
      const inbox = new RedisInbox({
        client: this.#client,
        channels,
        lifecycle: this.#lifecycle,
        options,
        onClosed: () => this.#inboxes.delete(inbox),
      });
      this.#inboxes.add(inbox);
      await inbox.open();
      if (call.signal.aborted) await inbox.close(); // Nobody waits for it any more.
      return inbox;
    });
  }

  async close(): Promise<void> {
    await this.#lifecycle.close(async () => {
      await Promise.all([...this.#inboxes].map(async (inbox) => inbox.close()));
      this.#client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #publishColumns(batch: OutgoingColumns, call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("publishMany", call, async (channels) => {
      checkColumns(batch, this.traits, NAME);
      return this.#publish(channels, new ColumnLetters(batch), call);
    });
  }

  async #publish(channels: Channels, letters: Letters, call: Call): Promise<readonly BatchFailure[]> {
    return publish({ client: this.#client, bursts: this.#bursts, channels, letters, call });
  }

  async #run<T>(operation: string, call: Call, work: (channels: Channels) => Promise<T>): Promise<T> {
    return this.#lifecycle.run(operation, call, async () => {
      if (this.#channels === undefined) throw new RangeError("an open client has channels");
      return work(this.#channels);
    });
  }
}
