/** What the server hands over, and where it goes from here. */

import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { decodeBell } from "./bells.ts";
import { decodeFrame } from "./frames.ts";
import { pause } from "./in-time.ts";
import { bury, park, place } from "./moving.ts";
import { sorted } from "./parcels.ts";
import { ring, ringParked } from "./ringing.ts";
import type { Seat } from "./seat.ts";
import type { Receiving, Space } from "./space.ts";

export class Arrivals implements Receiving {
  readonly #space: Space;

  constructor(space: Space) {
    this.#space = space;
  }

  /** From this process' own queue. */
  take(message: ConsumeMessage, seat: Seat): void {
    const frame = decodeFrame(message.content);
    if (frame === undefined) {
      this.carryOff(message, seat);
      return;
    }
    const messageId: unknown = message.properties.messageId;
    const id = typeof messageId === "string" ? messageId : randomUUID();
    const items = this.#space.holdings.take(id, frame, returnsOf(message), () => seat.ack(message));
    place(this.#space, items);
  }

  /** It ends here when it is safe elsewhere. */
  carryOff(message: ConsumeMessage, seat: Seat): void {
    this.#space.behind(this.#carryOff(message, seat));
  }

  /** A seat is handed strays before it stands, when nothing can be sent and there is nothing to be made anew. */
  async #carryOff(message: ConsumeMessage, seat: Seat): Promise<void> {
    while (!seat.isOver && !this.#space.isClosing) {
      try {
        await this.sort(message, true);
        seat.ack(message);
        return;
      } catch (error) {
        if (this.#space.renew(error)) return; // Then it is handed over again.
      }
      await pause();
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
    const past = this.#space.holdings.past(String(message.properties.messageId));
    const recipients = frame.recipients.flatMap((one) => {
      const attempts = past === undefined ? one.attempts + returns : past.get(one.identity);
      return attempts === undefined ? [] : [{ ...one, attempts }];
    });
    const { parcels, parked } = sorted(around, frame, recipients);
    await this.#space.send(parcels, "move", lasting);
    const isToldAll = isNew && parked.length > 0;
    if (isToldAll) await ringParked(this.#space, parked, "move", lasting);
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
      else this.#space.behind(park(this.#space, holdings.of(identity), { areTried: true }));
    }
    if (known.length > 0) this.#space.behind(ring(this.#space, { attached: known }, "attachMany", this.#space.lasting));
    if (bell.dropped === undefined) return;
    const { targets, ...why } = bell.dropped;
    for (const [identity, epoch] of targets) {
      places.drop(identity, epoch, why);
      this.#space.behind(bury(this.#space, identity));
    }
  }

  #fetch(identities: readonly string[]): void {
    const here = identities.filter((identity) => this.#space.places.get(identity) !== undefined);
    if (here.length > 0) this.#space.behind(this.#space.fetchParked(here));
  }
}

/** How often the server has handed it over in vain. */
function returnsOf({ properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.["x-delivery-count"];
  return typeof count === "number" ? count : 0;
}
