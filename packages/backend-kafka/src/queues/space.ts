/** All that one process knows of the queues of its namespace, and what keeps it true. */

import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { type Call, DEFAULT_DURABILITY_SCOPE, type DurabilityScope, shardOf, Waiters } from "@muster/core/slots";
import { codedError, unavailable } from "../errors.ts";
import type { DurabilitySettings } from "./settings.ts";
import type { Around, IsWanted } from "./around.ts";
import { Barrier } from "./barrier.ts";
import { decodeFrame, type Frame, repetitionKey } from "./frames.ts";
import { Flusher } from "./flusher.ts";
import { Ledger } from "./ledger.ts";
import type { Arrival, Judgement, Mailbox } from "./mailbox.ts";
import { Mailboxes } from "./mailboxes.ts";
import { decodeRecord, identityIn, type RedriveRecord } from "./position-records.ts";
import { Replay } from "./replay.ts";
import { type Known, Table } from "./table.ts";
import { Tail } from "./tail.ts";
import { plansOf } from "./topics.ts";
import type { LogRecord, Stretch, Use } from "./stretches.ts";
import { Wire } from "./wire.ts";

/** Brokers close connections that nothing is asked on for minutes. */
const ASKING_EVERY_MS = 30_000;
export const DEDUP_WINDOW_MS = 120_000;

export class Space implements Around {
  readonly settings: DurabilitySettings;
  readonly durability: DurabilityScope;
  readonly seal: string = randomUUID();
  readonly table: Table;
  readonly mailboxes: Mailboxes = new Mailboxes(this.seal);
  readonly waiters: Waiters = new Waiters();
  readonly wire: Wire;
  readonly ledger: Ledger;
  readonly tail: Tail;
  readonly replay: Replay;
  readonly flusher: Flusher;
  /** Of all that this process reads. */
  readonly barrier: Barrier;
  /** Of positions alone. */
  readonly positions: Barrier;
  readonly #tailWire: Wire;
  readonly #closing = new AbortController();
  #shards = 0;
  #asking: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(settings: DurabilitySettings, namespace: string, durability: DurabilityScope = DEFAULT_DURABILITY_SCOPE) {
    setMaxListeners(0, this.#closing.signal); // As many as there are calls at once.
    this.settings = settings;
    this.durability = durability;
    const plans = plansOf(settings, namespace);
    this.wire = new Wire({ settings, plans, onMade: (uses) => this.#onMade(uses) });
    this.#tailWire = new Wire({ settings, plans, onMade: (uses) => this.#onMade(uses) });
    this.table = new Table({
      onOwner: (identity, known) => this.#onOwner(identity, known),
      onDrop: (identity, epoch) => this.#onDrop(identity, epoch),
      onRedrive: (record) => this.#onRedrive(record),
      onReset: (shard) => this.#onReset(shard),
    });
    this.ledger = new Ledger(this.wire, { seal: this.seal, patienceMs: 2 * settings.requestTimeoutMs });
    this.tail = new Tail(this.#tailWire, {
      onStretch: (stretch) => this.#onStretch(stretch),
      onAnother: (use, shard) => this.#onAnother(use, shard),
      onUnreadable: (use, shard, failure) => this.#onUnreadable(use, shard, failure),
    });
    this.flusher = new Flusher(this);
    this.replay = new Replay(this, this.flusher);
    this.barrier = new Barrier(this, ["pos", "q"]);
    this.positions = new Barrier(this, ["pos"]);
  }

  /** How many there are, which is the same for everyone. */
  get shards(): number {
    return this.#shards;
  }

  get dedupWindowMs(): number {
    return DEDUP_WINDOW_MS;
  }

  get life(): Call {
    return { signal: this.#closing.signal };
  }

  shardOf(identity: string): number {
    return shardOf(identity, this.#shards);
  }

  allShards(): readonly number[] {
    return Array.from({ length: this.#shards }, (_, shard) => shard);
  }

  /** Resolves when all that `pos` has now is known. */
  async open(call: Call): Promise<void> {
    const { leaders } = await this.wire.layout(call);
    this.#shards = leaders.pos.length;
    if (leaders.q.length !== this.#shards)
      throw unavailable("its topics have not as many partitions", { operation: "open" });
    const [starts, ends] = await Promise.all(
      (["start", "end"] as const).map(async (at) => this.wire.offsets("pos", this.allShards(), at, call, "open")),
    );
    for (const shard of this.allShards()) this.tail.follow("pos", shard, starts?.get(shard) ?? 0);
    this.tail.start();
    await this.tail.passed("pos", ends ?? new Map());
    this.#isOpen = true;
    this.#asking = setInterval(() => {
      this.barrier.pass("ask").catch(untold);
    }, ASKING_EVERY_MS).unref();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#asking);
    this.wire.close();
    this.#tailWire.close();
    await this.tail.close();
    this.replay.close();
    this.ledger.close();
    this.waiters.wakeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  judgementOf(identity: string): Judgement {
    const known = this.table.get(identity);
    return {
      now: Date.now(),
      dropped: known?.dropped ?? -1,
      isRedriven: (repetition) => known?.redriven.has(repetition) === true,
    };
  }

  wakeAll(): void {
    this.waiters.wakeAll();
  }

  distribute(record: LogRecord, mailboxes: ReadonlyMap<string, Mailbox>, isWanted: IsWanted): void {
    for (const { mailbox, arrival } of arrivalsIn(record, mailboxes, isWanted)) {
      const isNew = this.mailboxes.take(mailbox, arrival, this.judgementOf(mailbox.identity));
      if (isNew) this.waiters.wake(mailbox.session);
    }
  }

  /** The same to those that nobody is handed anything from. */
  sort(record: LogRecord, mailboxes: ReadonlyMap<string, Mailbox>, isWanted: IsWanted): void {
    for (const { mailbox, arrival } of arrivalsIn(record, mailboxes, isWanted))
      mailbox.take(arrival, this.judgementOf(mailbox.identity));
  }

  /** Reads what comes for the shard from now on. */
  async followTail(shards: ReadonlySet<number>, call: Call, operation: string): Promise<void> {
    const missing = [...shards].filter((shard) => this.tail.next("q", shard) === undefined);
    if (missing.length === 0) return;
    const ends = await this.wire.offsets("q", missing, "end", call, operation);
    for (const shard of missing)
      if (this.tail.next("q", shard) === undefined) this.tail.follow("q", shard, ends.get(shard) ?? 0);
  }

  forget(identity: string): void {
    const mailbox = this.mailboxes.get(identity);
    if (mailbox === undefined) return;
    this.mailboxes.remove(identity);
    this.waiters.wake(mailbox.session);
    if (this.mailboxes.ofShard(mailbox.shard).size === 0) this.tail.leave("q", mailbox.shard);
  }

  #onStretch(stretch: Stretch): void {
    if (stretch.use === "pos") for (const record of stretch.records) this.#fold(stretch.shard, record);
    else if (stretch.use === "q") for (const record of stretch.records) this.#arrive(stretch.shard, record);
  }

  #fold(shard: number, record: LogRecord): void {
    if (record.value === null) {
      const identity = identityIn(record.key);
      if (identity === undefined) return;
      this.table.forget(identity, record.key);
      this.table.erase(identity, record.key);
      return;
    }
    const read = decodeRecord(record.key, record.value.toString("utf8"));
    if (read === undefined) return;
    const counts = this.table.apply(shard, read, record);
    if (read.ticket.startsWith(this.seal)) this.ledger.told(read.ticket, counts);
  }

  #arrive(shard: number, record: LogRecord): void {
    let isBehind = false;
    this.distribute(record, this.mailboxes.ofShard(shard), (mailbox, offset) => {
      if (!mailbox.isLive || offset < mailbox.readTo) return false;
      if (this.mailboxes.hasRoom(mailbox)) return true;
      this.mailboxes.fallBehind(mailbox, offset);
      isBehind = true;
      return false;
    });
    if (isBehind) this.replay.look();
  }

  #onOwner(identity: string, known: Known): void {
    const mailbox = this.mailboxes.get(identity);
    if (mailbox !== undefined && known.owner?.seal !== this.seal) this.forget(identity);
  }

  #onDrop(identity: string, epoch: number): void {
    const mailbox = this.mailboxes.get(identity);
    if (mailbox === undefined) return;
    if (mailbox.owner.epoch <= epoch) this.forget(identity);
    else {
      this.mailboxes.drop(mailbox, epoch);
      this.waiters.wake(mailbox.session);
    }
  }

  #onRedrive({ identity, messageId, generation, offset }: RedriveRecord): void {
    const mailbox = this.mailboxes.get(identity);
    const item = mailbox?.items.find((one) => one.offset === offset);
    if (mailbox === undefined || item?.state === "waiting") return;
    if (item?.state === "unmarked") {
      item.state = "waiting";
      this.waiters.wake(mailbox.session);
    } else if (offset < mailbox.readTo || mailbox.isLive) {
      const tail = this.tail.next("q", mailbox.shard) ?? 0;
      if (mailbox.isLive && offset >= tail) return; // It will come.
      if (mailbox.isLive) mailbox.readTo = Math.max(mailbox.readTo, tail);
      this.mailboxes.rewind(mailbox, offset, repetitionKey(messageId, generation));
      this.replay.look();
    }
  }

  /** Of those that are attached here all is read again. */
  #onReset(shard: number): void {
    if (!this.#isOpen) return;
    for (const mailbox of [...this.mailboxes.ofShard(shard).values()]) this.mailboxes.add(mailbox.renewed());
    if (this.mailboxes.ofShard(shard).size > 0) this.tail.follow("q", shard, 0);
    this.replay.look();
  }

  /** What this process has in hand stands nowhere else. */
  #onAnother(use: Use, shard: number): void {
    if (use === "q") this.flusher.reset();
    if (use !== "pos") return;
    this.ledger.lost(shard);
    this.flusher.rewrite(this.mailboxes.ofShard(shard).values());
  }

  #onUnreadable(use: Use, shard: number, failure: unknown): void {
    if (use === "pos") this.ledger.lost(shard, codedError(failure, { operation: "write", mayHaveApplied: true }));
  }

  /** Positions in a log that is no more mean nothing in the new one. */
  #onMade(uses: readonly Use[]): void {
    const isFirst = uses.includes("pos") && !this.#isOpen;
    this.tail.suspect(uses);
    if (uses.includes("q") && !isFirst) this.flusher.reset();
  }
}

function* arrivalsIn(
  record: LogRecord,
  mailboxes: ReadonlyMap<string, Mailbox>,
  isWanted: IsWanted,
): Generator<{ readonly mailbox: Mailbox; readonly arrival: Arrival }, void, undefined> {
  const { offset, timestamp, value } = record;
  const decoded = decodeFrame(value);
  let frame: Frame | undefined;
  for (const { identity, epoch } of decoded?.recipients ?? []) {
    const mailbox = mailboxes.get(identity);
    if (decoded === undefined || mailbox === undefined || !isWanted(mailbox, offset)) continue;
    frame ??= ownBytes(decoded);
    yield { mailbox, arrival: { offset, timestamp, frame, epoch } };
  }
}

function untold(): void {
  // Whoever asks next is told.
}

/** Apart from what was fetched with it. */
function ownBytes(frame: Frame): Frame {
  return { ...frame, message: { ...frame.message, payload: Uint8Array.from(frame.message.payload) } };
}
