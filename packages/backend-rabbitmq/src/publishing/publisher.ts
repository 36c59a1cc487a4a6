/** Publishes batches on a connection of its own, so that a server that holds publishers back holds up no receiver. */

import type { ChannelModel } from "amqplib";
import {
  abortedError,
  type BatchFailure,
  type Call,
  hasEnded,
  isMusterError,
  type MusterError,
  type Outgoing,
} from "@muster/core/slots";
import { watch } from "../connection/channels.ts";
import { socketOf } from "../connection/dial.ts";
import { Line } from "../connection/line.ts";
import { Outlet } from "../connection/outlet.ts";
import type { Maker } from "../connection/standing.ts";
import { codedError, NAME, unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { Counter } from "./counter.ts";
import { Outcome } from "./outcome.ts";
import { pulseOf } from "./parcel.ts";

const OPERATION = "publishMany";

export class Publisher implements Maker<Counter> {
  readonly #exchange: string;
  readonly #onUp: () => void;
  #line: Line<Counter> | undefined;

  private constructor(exchange: string, onUp: () => void) {
    this.#exchange = exchange;
    this.#onUp = onUp;
  }

  /** `onUp` is told when it can publish again. @throws what has kept it from being ready, coded */
  static async open(settings: Settings, exchange: string, onUp: () => void, call: Call): Promise<Publisher> {
    const publisher = new Publisher(exchange, onUp);
    publisher.#line = await Line.open(settings, publisher, call);
    return publisher;
  }

  async make(model: ChannelModel, fall: (cause: unknown) => void): Promise<Counter> {
    const channel = await model.createConfirmChannel();
    const counter = new Counter(channel, {
      exchange: this.#exchange,
      outlet: new Outlet(socketOf(model)),
      onRoom: () => this.#line?.wake(),
    });
    watch(channel, (cause) => {
      fall(cause);
      counter.fall(codedError(cause, { operation: OPERATION, mayHaveApplied: true }));
    });
    await channel.assertExchange(this.#exchange, "direct", { durable: true });
    return counter;
  }

  onUp(): void {
    this.#onUp();
  }

  onDown(counter: Counter, error: MusterError): void {
    counter.fall(error);
  }

  /** As the slot has it. What has not left when the call ends never does. */
  publish(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#send(batch, (counter, ...one) => counter.send(...one), call);
  }

  /** Which of the keys lead nowhere, by their places. Nobody keeps what is sent there. */
  async probe(keys: readonly string[], call: Call): Promise<readonly number[]> {
    const failures = await this.#send(keys, (counter, key, ...at) => counter.sendParcel(pulseOf(key), ...at), call);
    return failures.flatMap(({ index, error }) => (isMusterError(error, "NO_ROUTE") ? [index] : []));
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }

  async #send<T>(
    batch: readonly T[],
    send: (counter: Counter, one: T, outcome: Outcome, index: number) => void,
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    if (this.#line === undefined) throw unavailable("it is not there yet", { operation: OPERATION });
    const line = this.#line;
    const counter = line.require(OPERATION);
    const outcome = new Outcome(batch.length);
    let index = 0;
    for (const one of batch) {
      // One that has fallen is not waited for.
      while (counter.fallen === undefined && (!counter.hasRoom || line.isBlocked)) {
        counter.flush();
        if (!hasEnded(call)) await line.change(call);
        if (hasEnded(call)) throw abortedError(call, `${NAME}.${OPERATION}`, true);
      }
      try {
        if (counter.fallen !== undefined) throw notSent(counter.fallen);
        send(counter, one, outcome, index);
      } catch (error) {
        outcome.fail(index, codedError(error, { operation: OPERATION }));
      }
      index += 1;
    }
    counter.flush();
    await outcome.complete;
    return outcome.failures;
  }
}

function notSent(cause: MusterError): MusterError {
  return unavailable("the connection broke before it was sent", { operation: OPERATION }, cause);
}
