/** Writes how far those have come who are attached here: many at once, and one write after the other. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Backoff } from "@muster/core/slots";
import type { Around } from "./around.ts";
import type { Post, Verdict } from "./ledger.ts";
import type { Mailbox } from "./mailbox.ts";
import type { StateRecord } from "./position-records.ts";

interface Waiting {
  readonly promise: Promise<Verdict>;
  readonly resolve: (verdict: Verdict) => void;
}

export class Flusher {
  readonly #around: Around;
  #waiting = new Map<Mailbox, Waiting>();
  #running = false;
  #retrying = false;
  #reset: string | undefined;

  constructor(around: Around) {
    this.#around = around;
  }

  /** Resolves when what is known of it now stands in the log, or may not. */
  flush(mailbox: Mailbox): Promise<Verdict> {
    let waiting = this.#waiting.get(mailbox);
    if (waiting === undefined) {
      let resolve: (verdict: Verdict) => void = nothing;
      const promise = new Promise<Verdict>((resolveIt) => {
        resolve = resolveIt;
      });
      waiting = { promise, resolve };
      this.#waiting.set(mailbox, waiting);
    }
    if (!this.#running) this.#run().catch(nothing);
    return waiting.promise;
  }

  /** In its own time. */
  rewrite(mailboxes: Iterable<Mailbox>): void {
    for (const mailbox of mailboxes) mailbox.isDirty = true;
    this.#retry().catch(nothing);
  }

  /** Says in every shard that `q` has begun anew. */
  reset(): void {
    this.#reset = randomUUID();
    this.#retry().catch(nothing);
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve(); // Who comes in the same moment goes with it.
    try {
      while (this.#waiting.size > 0) {
        const batch = this.#waiting;
        this.#waiting = new Map();
        await this.#write(batch);
      }
    } finally {
      this.#running = false;
    }
  }

  async #write(batch: ReadonlyMap<Mailbox, Waiting>): Promise<void> {
    const isCurrent = (mailbox: Mailbox): boolean => this.#around.mailboxes.get(mailbox.identity) === mailbox;
    const mailboxes = [...batch.keys()].filter(isCurrent);
    // Whoever has it now says how far it has come.
    for (const [mailbox, { resolve }] of batch) if (!isCurrent(mailbox)) resolve(false);
    const posts = mailboxes.map((mailbox) => {
      mailbox.isDirty = false;
      return { shard: mailbox.shard, record: stateOf(this.#around, mailbox) };
    });
    const verdicts = await this.#around.ledger.write(posts, this.#around.life, "settleMany");
    let hasFailed = false;
    for (const [index, mailbox] of mailboxes.entries()) {
      const verdict = verdicts[index] ?? false;
      if (verdict instanceof Error) mailbox.isDirty = hasFailed = true;
      batch.get(mailbox)?.resolve(verdict);
    }
    if (hasFailed) this.#retry().catch(nothing);
  }

  /** Until all of it stands in the log. */
  async #retry(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    const backoff = new Backoff();
    const { signal } = this.#around.life;
    try {
      while (!signal.aborted && (await this.#isLeft())) {
        await delay(backoff.nextMs(), undefined, { signal, ref: false }).catch(() => undefined); // It is closed.
      }
    } finally {
      this.#retrying = false;
    }
  }

  async #isLeft(): Promise<boolean> {
    const { ledger, life, mailboxes } = this.#around;
    const id = this.#reset;
    if (id !== undefined) {
      const posts = this.#around.allShards().map((shard): Post => ({ shard, record: { kind: "reset", id } }));
      const verdicts = await ledger.write(posts, life, "reset");
      if (posts.length === 0 || verdicts.some((verdict) => verdict instanceof Error)) return true;
      if (this.#reset === id) this.#reset = undefined;
    }
    const dirty = [...mailboxes.all()].filter(({ isDirty }) => isDirty);
    const verdicts = await Promise.all(dirty.map(async (mailbox) => this.flush(mailbox)));
    return verdicts.some((verdict) => verdict instanceof Error);
  }
}

/** What it has come to. */
export function stateOf({ tail, table, seal }: Pick<Around, "tail" | "table" | "seal">, mailbox: Mailbox): StateRecord {
  const { identity, shard, owner, unclean } = mailbox;
  const progress = mailbox.progress(tail.next("q", shard) ?? 0);
  return {
    ...{ kind: "state", identity, epoch: owner.epoch, tag: owner.tag, seal, ...progress },
    ...{ attachedAt: owner.attachedAt, unclean, isDetached: false, reset: table.resetOf(shard) },
  };
}

function nothing(): void {
  // What fails is told to whoever waits for it.
}
