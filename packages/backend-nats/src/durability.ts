/** The durability slot on JetStream: the contract of `@muster/core/slots`, method by method. Conditional writes decide. */

import {
  type BatchFailure,
  type Call,
  checkPageSize,
  type DeadCode,
  type DeadLetter,
  type DeadLetterFacet,
  DEFAULT_DURABILITY_SCOPE,
  type DequeueOptions,
  type DurabilityBackend,
  type DurabilityChecks,
  type DurabilityScope,
  type DurabilityTraits,
  type DurableMessage,
  type Leased,
  MusterError,
  type Scope,
  type Settlement,
  type Target,
  type TrackedDelivery,
  type TrackingFacet,
  untilEnded,
  ofOperation,
} from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { Client } from "./client.ts";
import { codedError, NAME } from "./errors.ts";
import { checkVersion, openingError } from "./jetstream/server-version.ts";
import { QueueCall } from "./jetstream/call.ts";
import { settingsOf, type StreamSettings, type WithJetStream } from "./jetstream/options.ts";
import { QueueSubjects } from "./keys.ts";
import { checkOptions, type NatsOptions, prefixOf } from "./options.ts";
import { checksOf, MAX_BATCH, MAX_LEASE_MS, MAX_TTL_MS, maxPayloadBytesOf, MIN_LEASE_MS } from "./queues/arguments.ts";
import { attachMany, detachMany, dropMany } from "./queues/attaching.ts";
import { type DeadLetterQuery, letterKeys, purgeMany, readLetters, redriveMany } from "./queues/dead-letters.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { enqueueMany } from "./queues/enqueueing.ts";
import { extendMany, settleMany } from "./queues/settling.ts";
import { Space } from "./queues/space.ts";
import { sweep } from "./queues/sweeping.ts";
import { begin, complete, counts, deliveriesOf, find } from "./queues/tracking.ts";

export type NatsDurabilityOptions = WithJetStream;

/**
 * Queues in JetStream of NATS 2.9 or later. No I/O here.
 *
 * What has returned is as durable as the servers make it: with one replica it survives the end of the server's process, and
 * the end of its machine but for what was not synced yet, two minutes of it as servers come; with three replicas the end of
 * any one of them.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function natsDurability({ jetstream, ...options }: NatsDurabilityOptions = {}): DurabilityBackend {
  checkOptions(options);
  return new NatsDurability(options, settingsOf(jetstream));
}

interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
  readonly statuses?: readonly TrackedDelivery["status"][];
}

class NatsDurability implements DurabilityBackend {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet = {
    begin: async (start, call) =>
      this.#run("begin", call, async (space, sent) => {
        this.#checks.checkMessage(start.message, "begin");
        this.#checks.checkIdempotencyKey(start.idempotencyKey, "begin");
        return begin(space, start, sent);
      }),
    complete: async (id, call) => this.#run("complete", call, async (space, sent) => complete(space, id, sent)),
    find: async (id, call) => this.#run("find", call, async (space, sent) => find(space, id, sent)),
    counts: async (id, call) => this.#run("counts", call, async (space, sent) => counts(space, id, sent)),
    deliveries: (id, query, call) => this.#deliveries(id, query, call),
  };
  readonly deadLetters: DeadLetterFacet = {
    list: (query, call) => this.#deadLetters(query, call),
    redriveMany: async (keys, options, call) =>
      this.#run("redriveMany", call, async (space, sent) => {
        this.#checks.checkBatch(keys, "redriveMany");
        this.#checks.checkTtl(options.ttlMs, "redriveMany");
        return redriveMany(space, keys, options, sent);
      }),
    purgeMany: async (keys, call) =>
      this.#run("purgeMany", call, async (space, sent) => {
        this.#checks.checkBatch(keys, "purgeMany");
        return purgeMany(space, keys, sent);
      }),
  };
  readonly #client: Client;
  readonly #prefix: string;
  readonly #settings: StreamSettings;
  #traits = traitsOf(DEFAULT_DURABILITY_SCOPE, 1);
  #checks: DurabilityChecks = checksOf(1);
  #space: Space | undefined;

  constructor(options: NatsOptions, settings: StreamSettings) {
    this.#client = new Client(options);
    this.#prefix = prefixOf(options);
    this.#settings = settings;
  }

  get traits(): DurabilityTraits {
    return this.#traits;
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, async (link, opening) => {
      checkVersion(link);
      const maxPayloadBytes = maxPayloadBytesOf(link.maxMessageBytes);
      const space = new Space(link, this.#settings, new QueueSubjects(this.#prefix, namespace), durability);
      try {
        await untilEnded(link.roundTrip("open"), opening, `${NAME}.open`);
        await untilEnded(space.ready(new QueueCall(opening, "open")), opening, `${NAME}.open`);
      } catch (error) {
        space[Symbol.dispose]();
        throw openingError(error, link);
      }
      this.#space = space;
      this.#checks = checksOf(maxPayloadBytes);
      this.#traits = traitsOf(durability, maxPayloadBytes);
    });
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    return this.#run("enqueueMany", call, async (space, sent) => {
      this.#checks.checkMessage(message, "enqueueMany");
      this.#checks.checkTargets(targets, "enqueueMany");
      this.#checks.checkTtl(options.ttlMs, "enqueueMany");
      return enqueueMany(space, message, targets, options, sent);
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("attachMany", call, async (space, sent) => {
      this.#checks.checkSession(session, "attachMany");
      this.#checks.checkTargets(targets, "attachMany");
      return attachMany(space, session, targets, sent);
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#run("detachMany", call, async (space, sent) => {
      this.#checks.checkSession(session, "detachMany");
      this.#checks.checkBatch(identities, "detachMany");
      for (const identity of identities) this.#checks.checkIdentity(identity, "detachMany");
      return detachMany(space, session, identities, sent);
    });
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#run("dequeue", call, async (space, sent) => {
      this.#checks.checkSession(session, "dequeue");
      this.#checks.checkDequeue(options);
      return dequeue(space, session, options, sent);
    });
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("settleMany", call, async (space, sent) => {
      this.#checks.checkBatch(settlements, "settleMany");
      return settleMany(space, settlements, sent);
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("extendMany", call, async (space, sent) => {
      this.#checks.checkBatch(receipts, "extendMany");
      this.#checks.checkLease(leaseMs, "extendMany");
      return extendMany(space, receipts, leaseMs, sent);
    });
  }

  async dropMany(
    targets: readonly Target[],
    why: { readonly code: DeadCode; readonly reason: string },
    call: Call,
  ): Promise<void> {
    await this.#run("dropMany", call, async (space, sent) => {
      this.#checks.checkTargets(targets, "dropMany");
      return dropMany(space, targets, why, sent);
    });
  }

  async sweep({ limit }: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, async (space, sent) => sweep(space, limit, sent));
  }

  async close(): Promise<void> {
    await this.#client.close(() => this.#space?.[Symbol.dispose]());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(operation: string, call: Call, work: (space: Space, call: QueueCall) => Promise<T>): Promise<T> {
    return this.#client.run(operation, call, async () => {
      const space = this.#space;
      if (space === undefined) throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
      const sent = new QueueCall(call, operation);
      try {
        await space.ready(sent);
        return await work(space, sent);
      } catch (cause) {
        const error = codedError(cause, { operation });
        if (error.code === "UNAVAILABLE") space.doubt();
        throw ofOperation(error, `${NAME}.${operation}`, sent.hasSent);
      }
    });
  }

  async *#deliveries(
    id: string,
    { after, pageSize, statuses }: DeliveryQuery,
    call: Call,
  ): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
    checkPageSize(pageSize, `${NAME}.deliveries`);
    const all = await this.#run("deliveries", call, async (space, sent) => deliveriesOf(space, id, sent));
    const wanted = all.filter(
      ({ identity, status }) =>
        (after === undefined || compareStrings(identity, after) > 0) && (statuses?.includes(status) ?? true),
    );
    for (let start = 0; start < wanted.length; start += pageSize) yield wanted.slice(start, start + pageSize);
  }

  async *#deadLetters(query: DeadLetterQuery, call: Call): AsyncGenerator<readonly DeadLetter[], void, undefined> {
    const { pageSize } = query;
    checkPageSize(pageSize, `${NAME}.list`);
    const keys = await this.#run("list", call, async (space, sent) => letterKeys(space, query, sent));
    for (let start = 0; start < keys.length; start += pageSize) {
      const some = keys.slice(start, start + pageSize);
      const page = await this.#run("list", call, async (space, sent) => readLetters(space, some, sent));
      if (page.length > 0) yield page;
    }
  }
}

function traitsOf({ trackingRetentionMs }: DurabilityScope, maxPayloadBytes: number): DurabilityTraits {
  return Object.freeze({
    holds: "session",
    order: "none",
    lease: "message",
    delay: true,
    wakes: true,
    fences: "epoch",
    queueQuota: false,
    dedupWindowMs: trackingRetentionMs,
    attempts: "exact",
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxPayloadBytes,
    maxBatch: MAX_BATCH,
  });
}
