/** Publishes batches on a connection of its own, so that a server that holds publishers back holds up no receiver. */

import type { ChannelModel } from "amqplib";
import {
  abortedError,
  type BatchFailure,
  type Call,
  hasEnded,
  type MusterError,
  offEnd,
  onEnd,
  type Outgoing,
} from "@muster/core/slots";
import { watch } from "../connection/channels.ts";
import { Link } from "../connection/link.ts";
import { type Maker, Standing } from "../connection/standing.ts";
import { codedError, NAME, unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { Counter } from "./counter.ts";
import { Outcome } from "./outcome.ts";

const OPERATION = "publishMany";

export class Publisher implements Maker<Counter> {
  readonly #exchange: string;
  readonly #link: Link;
  readonly #waiting = new Set<() => void>();
  readonly #blocking: Disposable;
  #standing: Standing<Counter> | undefined;

  private constructor(link: Link, exchange: string) {
    this.#link = link;
    this.#exchange = exchange;
    const [onUp, onDown] = [(): void => undefined, (): void => undefined];
    this.#blocking = link.follow({ onUp, onDown, onUnblocked: () => this.#wake() });
  }

  /** @throws what has kept it from being ready, coded */
  static async open(settings: Settings, exchange: string, call: Call): Promise<Publisher> {
    const link = await Link.open(settings, call);
    const publisher = new Publisher(link, exchange);
    try {
      publisher.#standing = await Standing.open(link, publisher, "open", call);
      return publisher;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async make(model: ChannelModel, fall: (cause: unknown) => void): Promise<Counter> {
    const channel = await model.createConfirmChannel();
    const counter = new Counter(channel, this.#exchange, () => this.#wake());
    watch(channel, (cause) => {
      fall(cause);
      counter.fall(unavailable("the channel broke", { operation: OPERATION, mayHaveApplied: true }, cause));
    });
    await channel.assertExchange(this.#exchange, "direct", { durable: true });
    return counter;
  }

  onDown(counter: Counter, error: MusterError): void {
    counter.fall(error);
  }

  /** As the slot has it. What has not left when the call ends never does. */
  async publish(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    const counter = this.#ready();
    const outcome = new Outcome(batch.length);
    for (const [index, message] of batch.entries()) {
      while (!this.#mayGoOn(counter)) await this.#room(call);
      if (counter.fallen === undefined) send(counter, message, outcome, index);
      else outcome.fail(index, notSent(message, counter.fallen));
    }
    await outcome.complete;
    return outcome.failures;
  }

  close(): Promise<void> {
    this.#blocking[Symbol.dispose]();
    this.#standing?.leave();
    return this.#link.close();
  }

  #ready(): Counter {
    if (this.#standing === undefined) throw unavailable("it is not there yet", { operation: OPERATION });
    return this.#standing.require(OPERATION);
  }

  /** One that has fallen is not waited for. */
  #mayGoOn(counter: Counter): boolean {
    return counter.fallen !== undefined || (counter.hasRoom && !this.#link.isBlocked);
  }

  /** Resolves when something has changed. @throws TIMEOUT, ABORTED */
  async #room(call: Call): Promise<void> {
    if (!hasEnded(call)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          offEnd(call, wake);
          resolve();
        };
        this.#waiting.add(wake);
        onEnd(call, wake);
      });
    }
    if (hasEnded(call)) throw abortedError(call, `${NAME}.${OPERATION}`, true);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

function send(counter: Counter, message: Outgoing, outcome: Outcome, index: number): void {
  try {
    counter.send(message, outcome, index);
  } catch (error) {
    outcome.fail(index, codedError(error, { operation: OPERATION, subject: message.address }));
  }
}

function notSent({ address }: Outgoing, cause: MusterError): MusterError {
  return unavailable("the connection broke before it was sent", { operation: OPERATION, subject: address }, cause);
}
