/** Where one process receives: a subscription for each address, behind one bounded channel. */

import {
  Arrived,
  type BatchFailure,
  boundedChannel,
  type Call,
  type Channel,
  type Delivery,
  type Inbox,
  type InboxOptions,
  isAddress,
  MusterError,
} from "@muster/core/slots";
import type { Client } from "../client.ts";
import type { Follower, Link } from "../connection/link.ts";
import { codedError, invalid, NAME } from "../errors.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import type { Subjects } from "../keys.ts";
import { Listening, type ListeningEvents } from "./listening.ts";

/** What waits here at most in bytes, whatever `prefetch` is: deliveries of a megabyte are possible. */
const MAX_WAITING_BYTES = 64 * 1_048_576;
/** How long an inbox that nobody reads holds up the others on its connection, once. */
const MAX_HOLD_MS = 250;

/** Keeps the connection from being read. */
interface Hold extends Disposable {
  /** For as long again. */
  goOn(): void;
}

/**
 * While half of what may wait does, or more, the connection is not read, as long as somebody takes a page every now and then: it
 * is there for others too, and a server cuts off who doesn't read. Whoever takes none for a while has stalled: then the
 * connection is read on, and what there is no room for is dropped.
 */
export class NatsInbox implements Inbox, Follower {
  readonly #client: Client;
  readonly #link: Link;
  readonly #subjects: Subjects;
  readonly #channel: Channel<Delivery>;
  readonly #onRoute: (state: "up" | "down") => void;
  readonly #onClosed: () => void;
  readonly #listening = new Map<string, Listening>();
  readonly #following: Disposable;
  readonly #decoder = new HeaderDecoder();
  readonly #events: ListeningEvents = {
    onMessage: (address, bytes, headersAt, bodyAt, end) => this.#take(address, bytes, headersAt, bodyAt, end),
    onRefused: (address, error) => this.#channel.fail(codedError(error, { operation: "inbox", subject: address })),
  };
  readonly #highWater: number;
  /** What had been read with the rest when the connection was held and there was no more room. */
  #overflow: Delivery[] = [];
  /** Of these too. */
  #waitingBytes = 0;
  #held: Hold | undefined;
  #isStalled = false;
  #isClosed = false;

  constructor(client: Client, subjects: Subjects, { prefetch, onRoute }: InboxOptions, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.#client = client;
    this.#link = client.link;
    this.#subjects = subjects;
    this.#channel = boundedChannel(prefetch);
    this.#highWater = Math.ceil(prefetch / 2);
    this.#onRoute = onRoute ?? ((): void => {});
    this.#following = this.#link.follow(this);
  }

  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("addMany", call, async () => {
      using witness = this.#link.witness();
      const added = this.#subscribe(addresses.filter(isAddress));
      try {
        await this.#roundTrip("addMany", call);
        if (witness.subscribing !== undefined) throw witness.subscribing;
        for (const listening of added.values()) listening.isLive = listening.refusal === undefined;
      } finally {
        for (const [address, listening] of added) this.#settle(address, listening);
      }
      return addresses.flatMap((address, index) => this.#failure(address, index, added.get(address)) ?? []);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("removeMany", call, async () => {
      for (const address of addresses) this.#forget(address, "after what is on its way");
      await this.#roundTrip("removeMany", call);
      return [];
    });
  }

  onRoute(state: "up" | "down"): void {
    this.#onRoute(state);
  }

  onEnd(error: MusterError): void {
    this.#channel.fail(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#pages(this.#channel[Symbol.asyncIterator]());
  }

  /** Receives nothing more; what waits is still handed out, then the iteration ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    this.#following[Symbol.dispose]();
    for (const address of [...this.#listening.keys()]) this.#forget(address, "at once");
    this.#overflow = [];
    this.#channel.close();
    this.#onClosed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T> {
    return this.#client.run(operation, call, async () => {
      if (this.#isClosed) {
        const message = "the inbox has been closed";
        throw new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message });
      }
      this.#link.check({ operation });
      return work();
    });
  }

  /** A call that has ended settles what it began, whenever the server answers. */
  async #roundTrip(operation: string, { signal }: Call): Promise<void> {
    await this.#link.roundTrip(operation);
    signal.throwIfAborted();
  }

  #subscribe(addresses: readonly string[]): ReadonlyMap<string, Listening> {
    const added = new Map<string, Listening>();
    for (const address of addresses) {
      if (added.has(address)) continue;
      const listening = this.#listening.get(address) ?? this.#begin(address);
      listening.waiting += 1;
      added.set(address, listening);
    }
    return added;
  }

  #begin(address: string): Listening {
    const listening = new Listening(address, this.#events);
    listening.begin(this.#link, this.#subjects.of(address));
    this.#listening.set(address, listening);
    return listening;
  }

  /** Where adding has failed for everybody who wanted it, nothing is left of it. */
  #settle(address: string, listening: Listening): void {
    listening.waiting -= 1;
    if (listening.isLive || listening.waiting > 0 || this.#listening.get(address) !== listening) return;
    this.#forget(address, "at once");
  }

  #forget(address: string, when: "at once" | "after what is on its way"): void {
    const listening = this.#listening.get(address);
    if (listening === undefined) return;
    this.#listening.delete(address);
    listening.end(when);
  }

  #take(address: string, bytes: Buffer, headersAt: number, bodyAt: number, end: number): void {
    const length = end - bodyAt;
    const mostBytes = this.#held === undefined ? MAX_WAITING_BYTES : 2 * MAX_WAITING_BYTES;
    if (this.#waitingBytes + length > mostBytes && this.#waitingBytes > 0) return;
    const headers = this.#decoder.decode(bytes, headersAt, bodyAt);
    const body = new Uint8Array(bytes.buffer, bytes.byteOffset + bodyAt, length);
    if (!this.#keep(new Arrived(address, headers, body))) return;
    this.#waitingBytes += length;
    if (this.#isHigh && !this.#isStalled) this.#hold();
  }

  /** Whether there was room. */
  #keep(delivery: Delivery): boolean {
    if (this.#overflow.length === 0 && this.#channel.push(delivery)) return true;
    if (this.#held === undefined || this.#isClosed) return false;
    this.#overflow.push(delivery);
    return true;
  }

  get #isHigh(): boolean {
    return this.#channel.size >= this.#highWater || this.#waitingBytes >= MAX_WAITING_BYTES / 2;
  }

  #hold(): void {
    if (this.#held !== undefined) return;
    const held = this.#link.hold();
    if (held === undefined) return;
    const timer = setTimeout(() => this.#stall(), MAX_HOLD_MS);
    this.#held = {
      goOn: () => void timer.refresh(),
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        held[Symbol.dispose]();
      },
    };
  }

  /** What there was no room for is dropped, so that whoever takes a page makes room for what comes next. */
  #stall(): void {
    this.#isStalled = true;
    for (const { body } of this.#overflow) this.#waitingBytes -= body.length;
    this.#overflow = [];
    this.#release();
  }

  /** Somebody has taken a page. */
  #relieve(): void {
    this.#isStalled = false;
    this.#overflow = this.#channel.pushAll(this.#overflow);
    if (this.#isHigh) this.#held?.goOn();
    else this.#release();
  }

  #release(): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  #failure(address: string, index: number, listening: Listening | undefined): BatchFailure | undefined {
    const about = { operation: "addMany", subject: address };
    if (listening === undefined) {
      return { index, error: invalid("an address has 1 to 256 bytes and no control characters", about) };
    }
    const { refusal } = listening;
    return refusal && { index, error: codedError(refusal, about) };
  }

  async *#pages(received: AsyncIterator<readonly Delivery[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    try {
      for (;;) {
        const page = await received.next();
        if (page.done === true) return;
        for (const { body } of page.value) this.#waitingBytes -= body.length;
        this.#relieve();
        yield page.value;
      }
    } finally {
      await received.return?.();
      this.close();
    }
  }
}
