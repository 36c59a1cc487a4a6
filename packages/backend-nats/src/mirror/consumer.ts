/** One consumer of the stream: it delivers every message once and in order, or is given up for another. */

import type { Msg, Subscription } from "@nats-io/transport-node";
import type { Link } from "../connection/link.ts";
import { refusalError } from "../jetstream/errors.ts";
import type { JetStream } from "../jetstream/api.ts";
import { ask } from "../store/questions.ts";
import type { Stream } from "../store/stream.ts";
import { type Delivered, deliveredIn } from "./delivery.ts";

const NANOSECONDS = 1_000_000;
/** The server's sign of life; without one it would hold nothing back from who reads slowly. */
const HEARTBEAT_MS = 30_000;
/** How long the server keeps a consumer whose client has gone. */
const KEPT_MS = 30_000;
const CONTROL = 100;

export interface Hearing {
  onMessage(message: Msg, delivered: Delivered): void;
  /** Nothing has come for a while, and nothing is missing. */
  onHeartbeat(): void;
  /** Something is missing. */
  onGap(): void;
}

export class Consumer {
  readonly #link: Link;
  readonly #jetStream: JetStream;
  readonly #stream: Stream;
  readonly #subscription: Subscription;
  readonly #inbox: string;
  #name = "";
  #delivered = 0;
  #isClosed = false;

  constructor(link: Link, jetStream: JetStream, stream: Stream, hearing: Hearing) {
    this.#link = link;
    this.#jetStream = jetStream;
    this.#stream = stream;
    this.#inbox = link.newInbox();
    this.#subscription = link.listen(this.#inbox, (error, message) => {
      if (this.#isClosed) return;
      if (error === null) this.#take(message, hearing);
      else hearing.onGap();
    });
  }

  /** From that place of the stream on. @throws UNAVAILABLE */
  async start(from: number, operation: string): Promise<void> {
    const config = {
      deliver_subject: this.#inbox,
      ...(from <= 1 ? { deliver_policy: "all" } : { deliver_policy: "by_start_sequence", opt_start_seq: from }),
      ack_policy: "none",
      replay_policy: "instant",
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: HEARTBEAT_MS * NANOSECONDS,
      inactive_threshold: KEPT_MS * NANOSECONDS,
      mem_storage: true,
      num_replicas: 1,
    };
    const answer = await ask(
      this.#jetStream,
      `CONSUMER.CREATE.${this.#stream.name}`,
      { stream_name: this.#stream.name, config },
      operation,
    );
    if (typeof answer?.["name"] !== "string") throw refusalError(answer?.error, { operation });
    this.#name = answer["name"];
  }

  /** Whether the server has delivered all there is, and all of that has arrived. @throws UNAVAILABLE: it is gone. */
  async hasAll(operation: string): Promise<boolean> {
    const answer = await ask(this.#jetStream, `CONSUMER.INFO.${this.#stream.name}.${this.#name}`, {}, operation);
    if (answer === undefined || answer.error !== undefined) throw refusalError(answer?.error, { operation });
    const { delivered, num_pending: pending } = answer as {
      delivered?: { consumer_seq?: number };
      num_pending?: number;
    };
    return pending === 0 && delivered?.consumer_seq === this.#delivered;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscription.unsubscribe();
    if (this.#name === "" || !this.#link.isUp) return;
    const subject = `${this.#jetStream.settings.api}.CONSUMER.DELETE.${this.#stream.name}.${this.#name}`;
    this.#link.outlet.send(Buffer.from(`PUB ${subject} 0\r\n\r\n`));
  }

  #take(message: Msg, hearing: Hearing): void {
    const delivered = deliveredIn(message);
    if (delivered === undefined) return this.#obey(message, hearing);
    if (delivered.number !== this.#delivered + 1) return hearing.onGap();
    this.#delivered += 1;
    hearing.onMessage(message, delivered);
  }

  /** Heartbeats, and questions whether all before them has been read, which is so. */
  #obey({ headers, reply }: Msg, hearing: Hearing): void {
    if (headers?.code !== CONTROL) return;
    hearing.onHeartbeat();
    const asked = reply === undefined || reply === "" ? headers.get("Nats-Consumer-Stalled") : reply;
    if (asked !== "" && this.#link.isUp) this.#link.outlet.send(Buffer.from(`PUB ${asked} 0\r\n\r\n`));
  }
}
