/** The durability slot on three topics: a log of messages, how far each identity has come in it, and what has died. */

import {
  type BatchFailure,
  type Call,
  checkPageSize,
  type DeadLetter,
  type DeadLetterFacet,
  type DequeueOptions,
  type DurabilityBackend,
  type DurabilityChecks,
  type DurabilityTraits,
  type DurableMessage,
  type Leased,
  Lifecycle,
  MusterError,
  type Scope,
  type Settlement,
  type Target,
  untilEnded,
  ofOperation,
} from "@muster/core/slots";
import { codedError, NAME } from "./errors.ts";
import { checksFor, MAX_BATCH, MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MIN_LEASE_MS } from "./queues/arguments.ts";
import { attachMany, detachMany } from "./queues/attaching.ts";
import { type LetterQuery, purgeMany, redriveMany, sortedLetters } from "./queues/dead-letters.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { dropMany, type Why } from "./queues/dropping.ts";
import { enqueueMany } from "./queues/enqueueing.ts";
import { type DurabilitySettings, durabilitySettingsOf, type KafkaDurabilityOptions } from "./queues/settings.ts";
import { extendMany, settleMany } from "./queues/settling.ts";
import { DEDUP_WINDOW_MS, Space } from "./queues/space.ts";
import { Sweeper } from "./queues/sweeping.ts";

/** Topics of Kafka 2.1 or later. No I/O here. @throws CONFIG_INVALID, naming each option. */
export function kafkaDurability(options: KafkaDurabilityOptions = {}): DurabilityBackend {
  return new KafkaDurability(durabilitySettingsOf(options));
}

class KafkaDurability implements DurabilityBackend {
  readonly name: string = NAME;
  readonly traits: DurabilityTraits;
  readonly deadLetters: DeadLetterFacet;
  readonly #settings: DurabilitySettings;
  readonly #checks: DurabilityChecks;
  readonly #life = new Lifecycle(NAME);
  #space: Space | undefined;
  #sweeper: Sweeper | undefined;

  constructor(settings: DurabilitySettings) {
    this.#settings = settings;
    this.#checks = checksFor(settings.retentionMs);
    this.traits = traitsOf(settings);
    this.deadLetters = {
      list: (query, call) => this.#list(query, call),
      redriveMany: async (keys, options, call) =>
        this.#run("redriveMany", call, async (space) => {
          this.#checks.checkBatch(keys, "redriveMany");
          this.#checks.checkTtl(options.ttlMs, "redriveMany");
          return redriveMany(space, keys, options, call);
        }),
      purgeMany: async (keys, call) =>
        this.#run("purgeMany", call, async (space) => {
          this.#checks.checkBatch(keys, "purgeMany");
          return purgeMany(space, keys, call);
        }),
    };
  }

  async open({ namespace, durability }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const space = new Space(this.#settings, namespace, durability);
      try {
        await untilEnded(space.open(opening), opening, `${NAME}.open`);
      } catch (error) {
        await space.close();
        throw ofOperation(codedError(error, { operation: "open" }), `${NAME}.open`);
      }
      this.#space = space;
      this.#sweeper = new Sweeper(space);
    });
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    return this.#run("enqueueMany", call, async (space) => {
      this.#checks.checkMessage(message, "enqueueMany");
      this.#checks.checkTargets(targets, "enqueueMany");
      this.#checks.checkTtl(options.ttlMs, "enqueueMany");
      return enqueueMany(space, message, targets, options, call);
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("attachMany", call, async (space) => {
      this.#checks.checkSession(session, "attachMany");
      this.#checks.checkTargets(targets, "attachMany");
      return attachMany(space, session, targets, call);
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#run("detachMany", call, async (space) => {
      this.#checks.checkSession(session, "detachMany");
      this.#checks.checkBatch(identities, "detachMany");
      for (const identity of identities) this.#checks.checkIdentity(identity, "detachMany");
      return detachMany(space, session, identities, call);
    });
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#run("dequeue", call, async (space) => {
      this.#checks.checkSession(session, "dequeue");
      this.#checks.checkDequeue(options);
      return dequeue(space, session, options, call);
    });
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("settleMany", call, async (space) => {
      this.#checks.checkBatch(settlements, "settleMany");
      return settleMany(space, settlements, call);
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("extendMany", call, async (space) => {
      this.#checks.checkBatch(receipts, "extendMany");
      this.#checks.checkLease(leaseMs, "extendMany");
      return extendMany(space, receipts);
    });
  }

  async dropMany(targets: readonly Target[], why: Why, call: Call): Promise<void> {
    await this.#run("dropMany", call, async (space) => {
      this.#checks.checkTargets(targets, "dropMany");
      return dropMany(space, targets, why, call);
    });
  }

  /** Messages past their TTL go with the log's retention. */
  async sweep({ limit }: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, async () => (await this.#sweeper?.sweep(limit, call)) ?? 0);
  }

  async close(): Promise<void> {
    await this.#life.close(async () => this.#space?.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#list(query: LetterQuery, call: Call): AsyncGenerator<readonly DeadLetter[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.list`);
    const letters = await this.#run("list", call, async (space) => sortedLetters(space, query, call));
    for (let at = 0; at < letters.length; at += query.pageSize) {
      this.#life.check("list", call);
      yield letters.slice(at, at + query.pageSize);
    }
  }

  #run<T>(operation: string, call: Call, work: (space: Space) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      const space = this.#space;
      if (space === undefined) throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
      try {
        return await work(space);
      } catch (error) {
        throw ofOperation(codedError(error, { operation, mayHaveApplied: true }), `${NAME}.${operation}`);
      }
    });
  }
}

function traitsOf({ retentionMs }: DurabilitySettings): DurabilityTraits {
  return Object.freeze({
    holds: "log",
    order: "fifo",
    lease: "session",
    delay: true,
    wakes: true,
    fences: "epoch",
    queueQuota: false,
    dedupWindowMs: DEDUP_WINDOW_MS,
    attempts: "settled",
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: retentionMs,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_BATCH,
  });
}
