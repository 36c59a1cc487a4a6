/** One multicast on its way into a transaction. */

import {
  type Call,
  type MulticastStart,
  MusterError,
  type OutboxTarget,
  type Recorded,
  throwIfAborted,
} from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { NAME } from "../client.ts";
import { copyOf } from "../queues/delivery.ts";
import { type MemoryTransaction, Transaction } from "../transaction.ts";
import type { OutboxAccess } from "./access.ts";
import type { Claim } from "./claims.ts";
import { namesOf } from "./committed.ts";
import { recordOf } from "./multicasts.ts";
import type { Recipient, StoredMulticast } from "./stored.ts";

const SOURCE = `${NAME}.record`;

export class Recording {
  readonly #access: OutboxAccess;
  readonly #transaction: MemoryTransaction;
  readonly #call: Call;
  #claim: Claim | undefined;
  #isAbandoned = false;

  constructor(access: OutboxAccess, transaction: MemoryTransaction, call: Call) {
    this.#access = access;
    this.#transaction = transaction;
    this.#call = call;
  }

  /** @throws INVALID_ARGUMENT, TIMEOUT, ABORTED, CLOSED; what `targets` throws. */
  async run(start: MulticastStart, targets: AsyncIterable<readonly OutboxTarget[]>): Promise<Recorded> {
    const standing = await this.#claimNames(start);
    if (standing !== undefined) return recordedAs(standing, false);
    const startedAt = this.#access.now;
    const recipients = await this.#read(targets);
    const multicast = newMulticast(start, { startedAt, retentionMs: this.#access.retentionMs, recipients });
    this.#write(multicast);
    return recordedAs(multicast, true);
  }

  /** Nothing of it stands any more, whatever it is doing. */
  abandon(): void {
    this.#isAbandoned = true;
    if (this.#claim !== undefined) this.#access.outbox.claims.release(this.#claim);
  }

  /** `undefined`: the names are this recording's now. Otherwise what has them. */
  async #claimNames(start: MulticastStart): Promise<StoredMulticast | undefined> {
    const names = namesOf(start);
    while (true) {
      const transaction = this.#check();
      const { outbox } = this.#access;
      const committed = outbox.find(names);
      if (committed !== undefined) return committed;
      const first = outbox.claims.find(names);
      if (first === undefined) {
        const claim = outbox.claims.stake(names, transaction);
        this.#claim = claim;
        transaction.onEnd(() => outbox.claims.release(claim));
        return undefined;
      }
      if (first.transaction === transaction && first.multicast !== undefined) return first.multicast;
      await outbox.claims.untilChanged(first);
    }
  }

  async #read(targets: AsyncIterable<readonly OutboxTarget[]>): Promise<readonly Recipient[]> {
    const byIdentity = new Map<string, Recipient>();
    for await (const page of targets) {
      this.#check();
      for (const { identity, epoch } of page)
        if (!byIdentity.has(identity))
          byIdentity.set(identity, { identity, epoch, status: "waiting", failure: undefined });
    }
    this.#check();
    return [...byIdentity.values()].sort((a, b) => compareStrings(a.identity, b.identity));
  }

  #write(multicast: StoredMulticast): void {
    const claim = this.#claim;
    if (claim === undefined) return; // Its names were claimed before anything else.
    const transaction = this.#check();
    const { claims } = this.#access.outbox;
    claim.multicast = multicast;
    transaction.onCommit(() => {
      if (!this.#isAbandoned) this.#commit(multicast);
    });
    claims.tell(claim);
  }

  #commit(multicast: StoredMulticast): void {
    const { outbox, now } = this.#access;
    outbox.add(multicast, now);
    outbox.bells.ring();
  }

  /** @throws TIMEOUT, ABORTED, CLOSED: it has been given up. INVALID_ARGUMENT: its transaction is not, or no longer, open. */
  #check(): Transaction {
    throwIfAborted(this.#call, SOURCE);
    if (this.#isAbandoned) throw new MusterError({ code: "CLOSED", source: SOURCE, message: "it has been closed" });
    return openTransaction(this.#transaction);
  }
}

function openTransaction(transaction: unknown): Transaction {
  if (transaction instanceof Transaction && transaction.isOpen) return transaction;
  throw new MusterError({
    code: "INVALID_ARGUMENT",
    source: SOURCE,
    message: "what is recorded belongs to a transaction that is open: a handler's, or one of memoryTransaction()",
  });
}

function newMulticast(
  { message, idempotencyKey, digest, filter, ttlMs }: MulticastStart,
  its: Pick<StoredMulticast, "startedAt" | "retentionMs" | "recipients">,
): StoredMulticast {
  return {
    start: { message: copyOf(message), idempotencyKey, digest, filter, ttlMs },
    expiresAt: its.startedAt + ttlMs,
    ...its,
    waiting: its.recipients.length,
    delivered: 0,
    failed: 0,
    bucket: undefined,
    previous: undefined,
    next: undefined,
  };
}

function recordedAs(multicast: StoredMulticast, isNew: boolean): Recorded {
  return { isNew, record: recordOf(multicast), targetCount: multicast.recipients.length };
}
