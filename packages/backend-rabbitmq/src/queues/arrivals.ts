/** What the server hands over, and where it goes from here. */

import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { decodeBell } from "./bells.ts";
import { decodeFrame, type Frame, type Recipient } from "./frames.ts";
import type { Item } from "./holdings.ts";
import { sorted, toDead, toDelay, toParking } from "./parcels.ts";
import type { Seat } from "./seat.ts";
import type { Space } from "./space.ts";

export class Arrivals {
  readonly #space: Space;

  constructor(space: Space) {
    this.#space = space;
  }

  /** From this process' own queue. */
  take(message: ConsumeMessage, seat: Seat): void {
    const frame = decodeFrame(message.content);
    if (frame === undefined) {
      this.carryOff(message, seat).catch(() => undefined); // It comes again.
      return;
    }
    const messageId: unknown = message.properties.messageId;
    const id = typeof messageId === "string" ? messageId : randomUUID();
    const items = this.#space.holdings.take(id, frame, returnsOf(message), () => seat.ack(message));
    place(this.#space, items);
  }

  /** It ends here when it is safe elsewhere. */
  async carryOff(message: ConsumeMessage, seat: Seat): Promise<void> {
    try {
      await this.sort(message, true);
      seat.ack(message);
    } catch (error) {
      if (!seat.isOver) this.#space.renew(error); // Then it is handed over again.
    }
  }

  /**
   * Copies of it are safe where each of its recipients belongs. `isNew`: those who wait for what is parked have not been told
   * of it yet.
   */
  async sort(message: ConsumeMessage, isNew: boolean): Promise<void> {
    const { around, lasting, places } = this.#space;
    await this.#space.seat("move").settled;
    const frame = decodeFrame(message.content);
    if (frame === undefined) {
      const { own, dead } = around.names;
      await this.#space.send([{ exchange: own, key: dead, body: message.content }], "move", lasting);
      return;
    }
    // Reading through what is parked is no try; elsewhere whatever was handed over may have been one.
    const returns = isNew ? returnsOf(message) : 0;
    const recipients = frame.recipients.map((one) => ({ ...one, attempts: one.attempts + returns }));
    const { parcels, parked } = sorted(around, frame, recipients);
    await this.#space.send(parcels, "move", lasting);
    const isToldAll = isNew && parked.length > 0;
    if (isToldAll) await this.#space.ringParked(parked, "move", lasting);
    else if (parked.some((identity) => places.get(identity) !== undefined)) this.#fetch(parked);
  }

  hear(body: Buffer): void {
    const bell = decodeBell(body);
    if (bell === undefined) return;
    const { seal, places, holdings } = this.#space;
    if (bell.parked !== undefined) this.#fetch(bell.parked);
    if (bell.from === seal) return;
    const known: (readonly [string, number])[] = [];
    for (const [identity, epoch] of bell.attached ?? []) {
      const yielded = places.yield(identity, epoch);
      if (yielded === undefined) continue;
      if (yielded !== "yielded") known.push([identity, yielded.epoch]);
      else park(this.#space, holdings.of(identity), { areTried: true });
    }
    if (known.length > 0)
      this.#space.ring({ attached: known }, "attachMany", this.#space.lasting).catch(() => undefined); // Only a bell.
    if (bell.dropped === undefined) return;
    const { targets, ...why } = bell.dropped;
    for (const [identity, epoch] of targets) {
      places.drop(identity, epoch, why);
      bury(this.#space, identity);
    }
  }

  #fetch(identities: readonly string[]): void {
    const here = identities.filter((identity) => this.#space.places.get(identity) !== undefined);
    if (here.length > 0) this.#space.fetchParked(here).catch(() => undefined); // The next look has it.
  }
}

/** To where each of them waits: in this process, or elsewhere. */
export function place(space: Space, items: readonly Item[]): void {
  const { holdings, places, waiters } = space;
  const sessions = new Set<string>();
  const [elsewhere, early]: [Item[], Item[]] = [[], []];
  for (const item of items) {
    const { identity, epoch } = item.recipient;
    const { expiresAt, notBefore = 0 } = item.held.frame;
    const why = places.whyDropped(identity, epoch);
    const here = places.get(identity);
    if (expiresAt <= Date.now()) holdings.end(item);
    else if (why !== undefined) bury(space, identity);
    else if (here === undefined) elsewhere.push(item);
    else {
      holdings.wait(item, here, { delayMs: notBefore - Date.now() });
      if (notBefore > Date.now()) early.push(item);
      sessions.add(here.session);
    }
  }
  park(space, elsewhere);
  for (const item of early) putOff(space, item, (item.held.frame.notBefore ?? 0) - Date.now());
  for (const session of sessions) waiters.wake(session);
}

/** Sends it to wait elsewhere, where there is a queue for that; false: it waits here, if it does. */
export function putOff(space: Space, item: Item, delayMs: number): boolean {
  const session = item.place?.session;
  const queueMs = space.delays.for(delayMs);
  if (session === undefined || queueMs === undefined) return false;
  const notBefore = delayMs > queueMs ? Date.now() + delayMs : undefined;
  space.holdings.move(item);
  const parcel = toDelay(space.around, queueMs, session, { ...item.held.frame, notBefore }, [recipientOf(item)]);
  space.carry([item], () => [parcel]).catch(() => undefined); // It never gives up.
  return true;
}

/** For whoever serves them. Resolves when they are safe there. */
export async function park(space: Space, items: readonly Item[], { areTried = false }: { readonly areTried?: boolean } = {}): Promise<void> {
  const frames = new Map<Frame, Item[]>();
  for (const item of items) {
    if (item.state === "moving" || item.state === "ended") continue;
    space.holdings.move(item, { isTried: areTried && item.state === "leased" });
    const { frame } = item.held;
    const together = frames.get(frame);
    if (together === undefined) frames.set(frame, [item]);
    else together.push(item);
  }
  const all = [...frames.values()].flat();
  if (all.length === 0) return;
  await space.carry(all, () => [...frames].flatMap(([frame, some]) => toParking(space.around, frame, some.map(recipientOf))));
  await space.ringParked([...new Set(all.map(({ recipient }) => recipient.identity))], "move", space.lasting);
}

/** What is here of a queue that was dropped. Resolves when it is among the dead. */
export async function bury(space: Space, identity: string): Promise<void> {
  const carried: Promise<void>[] = [];
  for (const item of space.holdings.of(identity)) {
    const why = space.places.whyDropped(identity, item.recipient.epoch);
    if (why === undefined || item.state === "moving" || item.state === "ended") continue;
    space.holdings.move(item);
    carried.push(space.carry([item], () => [toDead(space.around, item.held.frame, recipientOf(item), why)]));
  }
  await Promise.all(carried);
}

export function recipientOf({ recipient: { identity, epoch }, attempts }: Item): Recipient {
  return { identity, epoch, attempts };
}

/** How often the server has handed it over in vain. */
function returnsOf({ properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.["x-delivery-count"];
  return typeof count === "number" ? count : 0;
}
