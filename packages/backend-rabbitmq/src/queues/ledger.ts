/** Which queues of processes there are, and what becomes of those whose process has died. */

import { setTimeout as delay } from "node:timers/promises";
import type { Channel, ChannelModel, ConsumeMessage, GetMessage } from "amqplib";
import { dropChannel, watch } from "../connection/channels.ts";
import { keyOf } from "../keys.ts";
import type { Names } from "./names.ts";
import type { Parcel } from "./outlet.ts";
import { aside, consumersOf, isEmptyForOne } from "./topology.ts";

/** Queues that one look takes up at most. */
const MAX_ENTRIES = 1_000;
const PREFETCH = 64;
/** An emptied queue is looked at again after that. */
const LINGER_MS = 300;
const PATIENCE_MS = 10_000;

interface Entry {
  readonly queue: string;
  /** That is bound to it. */
  readonly session?: string;
}

export interface LedgerOptions {
  readonly names: Names;
  /** This process' own. */
  queue(): string;
  model(): ChannelModel | undefined;
  send(parcel: Parcel): Promise<void>;
  /** Resolves when all of it is safe elsewhere. */
  sort(message: ConsumeMessage): Promise<void>;
}

export class Ledger {
  readonly #options: LedgerOptions;
  /** That have not answered yet. */
  readonly #silent = new Set<string>();
  #looking: Promise<void> | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** From now on the queue is somebody's to clear when nobody consumes it. */
  async enter(session?: string): Promise<void> {
    const { names, send } = this.#options;
    const queue = this.#options.queue();
    const entry: Entry = session === undefined ? { queue } : { queue, session };
    await send({ exchange: names.own, key: names.ledger, body: Buffer.from(JSON.stringify(entry)) });
  }

  /** Clears queues that nobody consumes. One look at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** What a look has in its hands nobody else gets, and gets all of it when this process dies. */
  async #look(): Promise<void> {
    const model = this.#options.model();
    if (model === undefined) return;
    const channel = await model.createChannel();
    watch(channel, () => undefined);
    try {
      const groups = await this.#take(channel);
      for (const [queue, messages] of groups) {
        const sessions = messages.flatMap((message) => entryIn(message)?.session ?? []);
        const isGone = queue === "" || (await this.#isClearedSoon(model, queue, new Set(sessions)));
        for (const [index, message] of messages.entries())
          if (isGone || isRepeated(messages, index)) channel.ack(message);
          else channel.nack(message, false, true);
      }
    } finally {
      dropChannel(channel);
    }
  }

  async #take(channel: Channel): Promise<ReadonlyMap<string, readonly GetMessage[]>> {
    const groups = new Map<string, GetMessage[]>();
    for (let count = 0; count < MAX_ENTRIES; count += 1) {
      const message = await channel.get(this.#options.names.ledger);
      if (message === false) break;
      const queue = entryIn(message)?.queue ?? "";
      groups.set(queue, [...(groups.get(queue) ?? []), message]);
    }
    return groups;
  }

  /** One that has no leader answers nobody, and holds up no other. */
  async #isClearedSoon(model: ChannelModel, queue: string, sessions: ReadonlySet<string>): Promise<boolean> {
    if (this.#silent.has(queue)) return false;
    this.#silent.add(queue);
    const clearing = this.#isCleared(model, queue, sessions).finally(() => void this.#silent.delete(queue));
    clearing.catch(() => undefined); // Told below, unless it comes too late.
    return Promise.race([clearing, delay(PATIENCE_MS, false, { ref: false })]);
  }

  /** Whether it is gone from the server, now or before. */
  async #isCleared(model: ChannelModel, queue: string, sessions: ReadonlySet<string>): Promise<boolean> {
    const { names } = this.#options;
    if (queue === this.#options.queue()) return false;
    const consumers = await consumersOf(model, queue);
    if (consumers === undefined) return true;
    if (consumers > 0) return false;
    return aside(model, async (channel) => {
      for (const session of sessions) await channel.unbindQueue(queue, names.incoming, keyOf(session));
      await this.#drain(channel, queue);
      // Its process may be on its way back: then it consumes by now, and binds again.
      if (!isEmptyForOne(await channel.checkQueue(queue))) return false;
      await channel.deleteQueue(queue);
      return true;
    });
  }

  async #drain(channel: Channel, queue: string): Promise<void> {
    let failure: Error | undefined;
    let open = 0;
    await channel.prefetch(PREFETCH);
    await channel.consume(queue, (message) => {
      if (message === null) return;
      open += 1;
      this.#options
        .sort(message)
        .then(() => channel.ack(message))
        .catch((error: unknown) => {
          failure ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => void (open -= 1));
    });
    for (;;) {
      await delay(LINGER_MS);
      if (failure !== undefined) throw failure;
      const { messageCount, consumerCount } = await channel.checkQueue(queue);
      if (open === 0 && messageCount === 0 && consumerCount > 0) return;
    }
  }
}

function entryIn({ content }: GetMessage): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(content.toString("utf8"));
    return typeof entry === "object" && entry !== null && "queue" in entry ? (entry as Entry) : undefined; // As entered.
  } catch {
    return undefined; // Somebody else's: it is taken away.
  }
}

function isRepeated(messages: readonly GetMessage[], index: number): boolean {
  const text = messages[index]?.content.toString("latin1");
  return messages.slice(0, index).some(({ content }) => content.toString("latin1") === text);
}
