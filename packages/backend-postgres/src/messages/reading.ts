/** From rows to deliveries: whenever somebody rings and there is room, in the order of positions. */

import type { Delivery } from "@muster/core/slots";
import type { Row } from "../codec.ts";
import { deliveriesIn } from "./frames.ts";
import type { Line } from "./line.ts";

/** Of 64 KiB, or of one message that is longer. */
const MAX_ROWS = 16;
const FORGET_ROWS = 64;
const FORGET_MS = 1_000;

export interface ReadingParts {
  line(): Line | undefined;
  /** How many deliveries it may have. */
  room(): number;
  /** Takes all of them, whether or not there is room. @throws never */
  take(deliveries: readonly Delivery[]): void;
  /** What lies there can't be read. */
  fail(error: unknown): void;
}

export class Reading {
  readonly #parts: ReadingParts;
  #inbox = "";
  /** Up to which all has been read. */
  #position = "0";
  #isRung = false;
  #isReading = false;
  /** Rows that have been read and stand there. */
  #read = 0;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** There may be something. */
  ring(): void {
    this.#isRung = true;
    this.resume();
  }

  /** There may be room. */
  resume(): void {
    if (this.#isReading || !this.#isRung) return;
    this.#isReading = true;
    this.#readAll().then(
      () => this.#pause(),
      (error: unknown) => this.#parts.fail(error),
    );
  }

  /** Somebody may have rung just now, or there may be another connection. */
  #pause(): void {
    this.#isReading = false;
    if (this.#parts.line() !== undefined && this.#parts.room() > 0) this.resume();
  }

  stop(): void {
    clearTimeout(this.#forgetting);
    this.#isRung = false;
  }

  async #readAll(): Promise<void> {
    for (let line = this.#parts.line(); this.#isRung && line !== undefined; line = this.#parts.line()) {
      const room = this.#parts.room();
      if (room <= 0) return;
      try {
        await this.#readSome(line, Math.min(room, MAX_ROWS));
      } catch (error) {
        if (line === this.#parts.line()) throw error;
        this.#isRung = true; // It is read on the next one.
      }
    }
  }

  async #readSome(line: Line, limit: number): Promise<void> {
    if (line.inbox !== this.#inbox) {
      this.#inbox = line.inbox;
      this.#position = "0";
    }
    this.#isRung = false;
    const rows = await line.fetch(this.#position, limit);
    if (rows.length >= limit) this.#isRung = true;
    const last = rows.at(-1)?.[0];
    if (last === undefined || last === null) return;
    this.#position = last;
    this.#parts.take(rows.flatMap(deliveriesOf));
    this.#read += rows.length;
    if (this.#read >= FORGET_ROWS) await this.#forget(line);
    else this.#forgetting ??= setTimeout(() => void this.#forgetLater(), FORGET_MS).unref();
  }

  async #forgetLater(): Promise<void> {
    this.#forgetting = undefined;
    const line = this.#parts.line();
    if (line?.inbox === this.#inbox && this.#read > 0) await this.#forget(line).catch(() => undefined); // Then it is swept.
  }

  async #forget(line: Line): Promise<void> {
    this.#read = 0;
    await line.forget(this.#position);
  }
}

function deliveriesOf([, hex]: Row): readonly Delivery[] {
  return deliveriesIn(Buffer.from(hex?.slice(2) ?? "", "hex"));
}
