/** Where one process receives: a bounded channel behind any number of addresses. */

import {
  addressFailures,
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
import type { Broker, Receiver } from "./broker.ts";
import { type Client, NAME } from "./client.ts";
import { deliveryOf, type Parcel } from "./parcel.ts";

/** A publisher that waits for room. */
interface Waiter {
  /** What is left, first the first. */
  parcels: readonly Parcel[];
  readonly isGivenUp: () => boolean;
  readonly settle: () => void;
  /** For as long again: the inbox is read. */
  readonly goOn: () => void;
}

/**
 * A full inbox holds publishers back, in the order they came, until nobody has taken a page for `maxHoldMs`; then it counts as
 * stalled and refuses at once until its process reads again. So a process that reads slowly loses nothing, and one that has stopped
 * reading costs the others `maxHoldMs` once.
 */
export class MemoryInbox implements Inbox, Receiver {
  readonly #client: Client;
  readonly #broker: Broker;
  readonly #onRoute: (state: "up" | "down") => void;
  readonly #addresses = new Set<string>();
  readonly #channel: Channel<Delivery>;
  readonly #waiters: Waiter[] = [];
  readonly #faults: Disposable;
  #isLive: boolean;
  #isStalled = false;
  #isClosed = false;

  constructor(client: Client, broker: Broker, options: InboxOptions) {
    this.#client = client;
    this.#broker = broker;
    this.#onRoute = options.onRoute ?? ((): void => {});
    this.#channel = boundedChannel(options.prefetch);
    this.#isLive = this.#hasRoute;
    this.#faults = client.line.onChange(() => this.#followRoute());
  }

  async addMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("addMany", call, () => {
      this.#checkUsable("addMany");
      for (const address of addresses.filter(isAddress)) {
        this.#addresses.add(address);
        this.#broker.listen(address, this);
      }
      return addressFailures(addresses, `${NAME}.addMany`);
    });
  }

  async removeMany(addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("removeMany", call, () => {
      this.#checkUsable("removeMany");
      for (const address of addresses) {
        this.#addresses.delete(address);
        this.#broker.leave(address, this);
      }
      return [];
    });
  }

  async accept(parcels: readonly Parcel[], isGivenUp: () => boolean, maxHoldMs: number): Promise<void> {
    const left = this.#waiters.length === 0 ? this.#takeAll(parcels) : parcels;
    if (left.length === 0) return;
    if (this.#isStalled) stallAll(left);
    else await this.#hold(left, isGivenUp, maxHoldMs);
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#pages(this.#channel[Symbol.asyncIterator]());
  }

  /** Its addresses are free at once; what it has received is still handed out, then the iteration ends. */
  close(): void {
    this.#isClosed = true;
    this.#faults[Symbol.dispose]();
    this.#isLive = false;
    this.#leaveAll();
    this.#addresses.clear();
    this.#channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async *#pages(received: AsyncIterator<readonly Delivery[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    try {
      while (true) {
        const page = await received.next();
        await this.#client.line.whileAlive();
        if (page.done === true) return;
        this.#admitWaiting();
        yield page.value;
      }
    } finally {
      await received.return?.();
      this.close();
    }
  }

  get #hasRoute(): boolean {
    const { line } = this.#client;
    return !line.isStopped && !line.isDown("route") && !line.isDown("broker");
  }

  #followRoute(): void {
    const isLive = this.#hasRoute;
    if (isLive === this.#isLive) return;
    this.#isLive = isLive;
    if (isLive) for (const address of this.#addresses) this.#broker.listen(address, this);
    else this.#leaveAll();
    if (!this.#client.line.isStopped) this.#onRoute(isLive ? "up" : "down");
  }

  /** Whoever still waits to get something in here has no route any more. */
  #leaveAll(): void {
    for (const address of this.#addresses) this.#broker.leave(address, this);
    for (const waiter of this.#waiters.splice(0)) waiter.settle();
  }

  /** As many as there is room for; the rest. What has no address here any more is passed over. */
  #takeAll(parcels: readonly Parcel[]): readonly Parcel[] {
    for (const [index, { message, fate }] of parcels.entries()) {
      if (!this.#addresses.has(message.address)) continue;
      if (!this.#channel.push(deliveryOf(message))) return parcels.slice(index);
      fate.taken += 1;
    }
    return [];
  }

  async #hold(parcels: readonly Parcel[], isGivenUp: () => boolean, maxHoldMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiter: Waiter = { parcels, isGivenUp, settle, goOn: () => void timer.refresh() };
      const timer = setTimeout(() => this.#stall(waiter), maxHoldMs);
      this.#waiters.push(waiter);
    });
  }

  #stall(waiter: Waiter): void {
    this.#isStalled = true;
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    stallAll(waiter.parcels);
    waiter.settle();
  }

  /** There is room again. */
  #admitWaiting(): void {
    this.#isStalled = false;
    for (let waiter = this.#waiters[0]; waiter !== undefined; waiter = this.#waiters[0]) {
      waiter.parcels = waiter.isGivenUp() ? [] : this.#takeAll(waiter.parcels);
      if (waiter.parcels.length > 0) break;
      this.#waiters.shift();
      waiter.settle();
    }
    for (const { goOn } of this.#waiters) goOn();
  }

  #checkUsable(operation: string): void {
    const source = `${NAME}.${operation}`;
    if (this.#isClosed) throw new MusterError({ code: "CLOSED", source, message: "the inbox has been closed" });
    this.#client.line.check("route", source);
  }
}

function stallAll(parcels: readonly Parcel[]): void {
  for (const { fate } of parcels) fate.stalled += 1;
}
