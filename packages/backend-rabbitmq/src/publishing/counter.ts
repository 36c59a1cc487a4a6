/** A channel on which every message is answered for: taken, returned because nobody listens, or refused. */

import type { ConfirmChannel, Message } from "amqplib";
import { isMusterError, MusterError, type Outgoing } from "@muster/core/slots";
import { dropChannel } from "../connection/channels.ts";
import type { Outlet } from "../connection/outlet.ts";
import type { Work } from "../connection/standing.ts";
import { wireOf } from "../connection/wire.ts";
import { NAME, noRoute, refused, unavailable } from "../errors.ts";
import type { Outcome } from "./outcome.ts";
import { type Parcel, parcelOf } from "./parcel.ts";
import { Writer } from "./writer.ts";

/** So much is under way at most, of all batches together. */
const MAX_MESSAGES = 1_024;
const MAX_BYTES = 8 * 1_048_576;
/** Once that is reached, it goes on at this share of it: not one by one, since a server is woken by each piece. */
const LOW = 0.5;

interface Unanswered {
  readonly outcome: Outcome;
  readonly index: number;
  readonly address: string;
  readonly bytes: number;
}

export interface CounterOptions {
  readonly exchange: string;
  /** Of the channel's connection. */
  readonly outlet: Outlet;
  /** Told when there is room again. */
  onRoom(): void;
}

export class Counter implements Work {
  readonly #channel: ConfirmChannel;
  readonly #exchange: string;
  readonly #outlet: Outlet;
  readonly #onRoom: () => void;
  /** `undefined`: the driver writes all of them. */
  readonly #writer: Writer | undefined;
  /** By delivery tag, in ascending order. */
  readonly #unanswered = new Map<number, Unanswered>();
  #tag = 0;
  #bytes = 0;
  #isFull = false;
  #fallen: MusterError | undefined;

  constructor(channel: ConfirmChannel, { exchange, outlet, onRoom }: CounterOptions) {
    this.#channel = channel;
    this.#exchange = exchange;
    this.#outlet = outlet;
    this.#onRoom = onRoom;
    const wire = wireOf(channel);
    this.#writer = wire && new Writer(wire, exchange);
    channel.on("ack", ({ deliveryTag, multiple }) => this.#answer(deliveryTag, multiple, false));
    channel.on("nack", ({ deliveryTag, multiple }) => this.#answer(deliveryTag, multiple, true));
    channel.on("return", (message) => this.#takeBack(message));
  }

  get fallen(): MusterError | undefined {
    return this.#fallen;
  }

  get hasRoom(): boolean {
    return !this.#isFull;
  }

  /** It leaves with the next {@link flush}. @throws INVALID_ARGUMENT; what the driver says */
  send(message: Outgoing, outcome: Outcome, index: number): void {
    if (this.#writer?.put(message, this.#tag + 1) === true) this.#count(message, outcome, index);
    else this.sendParcel(parcelOf(message), outcome, index);
  }

  sendParcel({ key, properties, body, address }: Parcel, outcome: Outcome, index: number): void {
    this.flush();
    const content = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
    // A message that comes back shows which it is by nothing else that is unique.
    const correlationId = String(this.#tag + 1);
    this.#channel.publish(this.#exchange, key, content, { ...properties, correlationId, mandatory: true });
    this.#outlet.gather();
    this.#count({ address, body }, outcome, index);
  }

  flush(): void {
    this.#writer?.flush();
  }

  /** Nobody answers any more. */
  fall(cause: MusterError): void {
    this.#fallen ??= cause;
    const lost = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const { outcome, index, address } of lost) {
      outcome.fail(index, unanswered(address, cause));
    }
    this.#onRoom();
  }

  drop(): void {
    dropChannel(this.#channel);
  }

  #count({ address, body }: Pick<Outgoing, "address" | "body">, outcome: Outcome, index: number): void {
    this.#tag += 1;
    this.#unanswered.set(this.#tag, { outcome, index, address, bytes: body.length });
    this.#bytes += body.length;
    if (this.#unanswered.size >= MAX_MESSAGES || this.#bytes >= MAX_BYTES) this.#isFull = true;
  }

  #answer(deliveryTag: number, multiple: boolean, isRefusal: boolean): void {
    if (multiple) {
      for (const [tag, one] of this.#unanswered) {
        if (tag > deliveryTag) break;
        this.#settle(tag, one, isRefusal);
      }
    } else {
      const one = this.#unanswered.get(deliveryTag);
      if (one !== undefined) this.#settle(deliveryTag, one, isRefusal);
    }
    if (!this.#isFull || this.#unanswered.size > LOW * MAX_MESSAGES || this.#bytes > LOW * MAX_BYTES) return;
    this.#isFull = false;
    this.#onRoom();
  }

  #settle(tag: number, { outcome, index, address, bytes }: Unanswered, isRefusal: boolean): void {
    this.#unanswered.delete(tag);
    this.#bytes -= bytes;
    if (isRefusal) outcome.fail(index, refused(address));
    else outcome.settle();
  }

  /** Comes before the answer, which says that the server has dealt with it. */
  #takeBack({ properties }: Message): void {
    const correlationId: unknown = properties.correlationId;
    const one = this.#unanswered.get(Number(correlationId));
    one?.outcome.note(one.index, noRoute(one.address));
  }
}

/** What may not be published there never was. */
function unanswered(address: string, cause: MusterError): MusterError {
  const about = { operation: "publishMany", subject: address, mayHaveApplied: true };
  if (!isMusterError(cause, "PERMISSION_DENIED")) {
    return unavailable("the connection broke before the server answered", about, cause);
  }
  const { code, message } = cause;
  return new MusterError({ code, source: `${NAME}.publishMany`, subject: address, message, cause });
}
