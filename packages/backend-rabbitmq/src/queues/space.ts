/** A namespace's queues as one process has them: its connections, what it holds, and what goes from where to where. */

import { randomUUID } from "node:crypto";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import { Waiters, type Call, type DurabilityScope } from "@muster/core/slots";
import { Link } from "../connection/link.ts";
import { type Maker, Standing } from "../connection/standing.ts";
import { unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { Delays } from "./delays.ts";
import { Holdings } from "./holdings.ts";
import { inTime, soon } from "./in-time.ts";
import { Ledger } from "./ledger.ts";
import { Names } from "./names.ts";
import type { Parcel } from "./outlet.ts";
import type { Surroundings } from "./parcels.ts";
import { Parking } from "./parking.ts";
import { Places } from "./places.ts";
import { Post } from "./post.ts";
import { Seat } from "./seat.ts";
import { aside, declare, found, hasExchange } from "./topology.ts";

const MAX_FAILURES = 2;

/** Who deals with what the server hands over. None of it throws. */
export interface Receiving {
  /** From this process' own queue. */
  take(message: ConsumeMessage, seat: Seat): void;
  carryOff(message: ConsumeMessage, seat: Seat): void;
  hear(body: Buffer): void;
  /** Resolves when copies of it are safe elsewhere; `isNew`: whoever waits for them has not been told yet. */
  sort(message: ConsumeMessage, isNew: boolean): Promise<void>;
}

export interface SpaceOptions {
  readonly namespace: string;
  readonly durability: DurabilityScope;
  receiving(space: Space): Receiving;
}

export class Space implements Maker<Seat> {
  readonly places: Places = new Places();
  /** That this process serves, or has served. */
  readonly sessions: Set<string> = new Set<string>();
  readonly waiters: Waiters = new Waiters();
  /** Names this process, and no other. */
  readonly seal: string = randomUUID();
  readonly holdings: Holdings = new Holdings(this.seal);
  readonly around: Surroundings;
  readonly delays: Delays;
  readonly parking: Parking;
  readonly ledger: Ledger;
  /** Who has heard from the server so lately has not been given up by it. */
  readonly heardMs: number;
  readonly #arrivals: Receiving;
  readonly #closing = new AbortController();
  readonly #settings: Settings;
  /** This process' own. */
  #queue: string;
  /** That it has left behind. */
  readonly #former = new Set<string>();
  /** How often it could not be had. */
  #failures = 0;
  /** Bells may have rung while nobody listened, or what they told of could not be had. */
  #hasMissed = false;
  #post: Post | undefined;
  #link: Link | undefined;
  #standing: Standing<Seat> | undefined;

  constructor(settings: Settings, { namespace, durability, receiving }: SpaceOptions) {
    const { deadLetterRetentionMs } = durability;
    const names = new Names(settings.prefix, namespace);
    const queue = (): string => this.#queue;
    this.#queue = names.queueOfProcess();
    this.#settings = settings;
    this.heardMs = settings.heartbeatMs / 2;
    this.around = { names, queue, places: this.places, deadLetterRetentionMs };
    this.#arrivals = receiving(this);
    const model = (): ChannelModel | undefined => this.#link?.model;
    const send = async (parcel: Parcel): Promise<void> => this.send([parcel], "move", this.lasting);
    this.delays = new Delays(names, model);
    this.parking = new Parking({ names, model, send, sort: async (message) => this.#arrivals.sort(message, false) });
    this.ledger = new Ledger({
      names,
      queue,
      model,
      send,
      sort: async (message) => this.#arrivals.sort(message, true),
    });
  }

  /** As long as this is open. */
  get lasting(): Call {
    return { signal: this.#closing.signal };
  }

  get isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** @throws what has kept it from being ready; nothing is left of it then. */
  async open(call: Call): Promise<void> {
    const { names } = this.around;
    try {
      const options = {
        prepare: async (model: ChannelModel) => inTime(aside(model, async (channel) => declare(channel, names))),
        onMissing: () => this.#replace(""),
      };
      this.#link = await Link.open(this.#settings, call);
      const { model } = this.#link;
      const isNew = model === undefined || !(await hasExchange(model, names.stands));
      this.#post = await Post.open(this.#settings, options, call);
      this.#standing = await Standing.open(this.#link, this, "open", call);
      if (isNew) await found(() => this.#link?.model, names, call);
      await this.ledger.enter();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async make(model: ChannelModel, fall: (cause: unknown) => void): Promise<Seat> {
    if (this.#failures >= MAX_FAILURES) this.#leaveQueue();
    this.#failures += 1;
    const options = {
      names: this.around.names,
      queue: this.#queue,
      onFrame: (message: ConsumeMessage, seat: Seat) => this.#arrivals.take(message, seat),
      onStray: (message: ConsumeMessage, seat: Seat) => this.#arrivals.carryOff(message, seat),
      onBell: (body: Buffer) => this.#arrivals.hear(body),
      onDeleted: (queue: string) => this.#replace(queue),
    };
    const seat = await inTime(Seat.take(model, options, fall));
    this.#failures = 0;
    return seat;
  }

  /** The server holds back what is sent. */
  get isHeldBack(): boolean {
    return this.#post?.isBlocked === true;
  }

  /** What happened meanwhile is looked at as if it had been told. */
  onUp(): void {
    this.#hasMissed = true;
    this.behind(this.catchUp());
  }

  onDown(seat: Seat): void {
    if (!seat.isSettled) this.#leaveQueue();
    this.holdings.lose();
    this.delays.forget();
    this.waiters.wakeAll();
  }

  /** @throws UNAVAILABLE while there is no connection. */
  seat(operation: string): Seat {
    if (this.#standing === undefined) throw unavailable("it is not there yet", { operation });
    return this.#standing.require(operation);
  }

  /** Makes the seat anew: what it was handed over is handed over again. False: it does not stand. */
  renew(cause: unknown): boolean {
    const isThere = this.#standing?.current !== undefined;
    this.#standing?.renew(cause);
    return isThere;
  }

  /** @throws as {@link Post.sendMany}. */
  async send(parcels: readonly Parcel[], operation: string, call: Call): Promise<void> {
    if (parcels.length === 0) return;
    if (this.#post === undefined) throw unavailable("it is not there yet", { operation });
    await this.#post.sendMany(parcels, operation, call);
  }

  /** Whoever it is for finds out otherwise when it fails. */
  behind(work: Promise<unknown>): void {
    work.catch(() => undefined);
  }

  /** What waits in parking for these, as far as it can be had soon: who reads it at the moment may have fallen silent. */
  async fetchParked(identities: readonly string[]): Promise<void> {
    const { names } = this.around;
    const queues = new Set(identities.map((identity) => names.parkedFor(identity)));
    const reading = Promise.all([...queues].map(async (queue) => this.parking.read(queue)));
    reading.catch(() => (this.#hasMissed = true)); // Whether it is told below or comes too late for that.
    await soon(reading);
  }

  async close(): Promise<void> {
    const seat = this.#standing?.current;
    this.waiters.wakeAll();
    if (seat !== undefined) await soon(this.#leave(seat)).catch(() => undefined); // Others clear what is left.
    this.#closing.abort();
    this.#standing?.leave();
    await Promise.all([this.#post?.close(), this.#link?.close()]);
    this.holdings.lose();
  }

  /** Takes its queue away where nothing is in it. */
  async #leave(seat: Seat): Promise<void> {
    await seat.unbind(this.sessions);
    const { isEmpty } = await seat.sync();
    if (isEmpty && this.holdings.size === 0) await seat.deleteQueue();
  }

  /** A server that was killed may have forgotten it, and then says nothing of it any more, nor of what was sent there. */
  #leaveQueue(cause: unknown = new Error("connection closed: a queue has been left")): void {
    this.#post?.renew(cause);
    this.#former.add(this.#queue);
    this.#queue = this.around.names.queueOfProcess();
    this.#failures = 0;
  }

  /** After it was away: serves its sessions again, and takes what was parked for them. As often as it takes. */
  async catchUp(): Promise<void> {
    if (!this.#hasMissed) return;
    this.#hasMissed = false;
    try {
      await this.#catchUp(this.seat("open"));
    } catch (error) {
      this.#hasMissed = true;
      throw error;
    }
  }

  async #catchUp(seat: Seat): Promise<void> {
    for (const queue of this.#former) await seat.unbind(this.sessions, queue);
    await Promise.all([...this.sessions].map(async (session) => seat.bind(session)));
    await this.ledger.enter();
    for (const session of this.sessions) await this.ledger.enter(session);
    await Promise.all(this.around.names.parked.map(async (queue) => this.parking.read(queue)));
    if (this.#standing?.current !== seat) this.#hasMissed = true;
  }

  /** Somebody has deleted a queue, or all that is known is that one is gone. What had its name is not used again. */
  #replace(queue: string): void {
    const cause = new Error("a queue has been deleted");
    if (queue === this.#queue) this.#leaveQueue(cause);
    else this.#post?.renew(cause);
    if (queue === "") this.renew(cause);
  }
}
