/**
 * JetStream's API as subjects and JSON, of which a few requests are enough here.
 *
 * Protocol: https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */

import { abortedError, hasEnded } from "@muster/core/slots";
import { NAME, unavailable } from "../errors.ts";
import type { QueueCall } from "./call.ts";
import { type ApiError, isRefusal, refusalError } from "./errors.ts";
import type { StreamSettings } from "./options.ts";
import { type Answer, NO_RESPONDERS, type Request, type Requests } from "./requests.ts";

/** A stored message. */
export interface Stored {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Buffer;
  /** Epoch ms, by the server that stored it. */
  readonly time: number;
}

export interface PublishOptions {
  /** Of the last message of the subject; 0: none. */
  readonly expected?: number;
  /** Who publishes under an id again within the stream's window publishes nothing. */
  readonly id?: string;
}

/** What became of one message; `refused`: its subject has another last message than was expected. */
export type Published = { readonly sequence: number; readonly isRepeated: boolean } | { readonly refused: true };

export class JetStream {
  readonly requests: Requests;
  readonly settings: StreamSettings;

  constructor(requests: Requests, settings: StreamSettings) {
    this.requests = requests;
    this.settings = settings;
  }

  /** @throws UNAVAILABLE: the stream isn't there, or has no leader; what JetStream says. */
  async publish(
    subject: string,
    body: string | Uint8Array,
    { expected, id }: PublishOptions,
    call: QueueCall,
  ): Promise<Published> {
    let headers = expected === undefined ? "" : `Nats-Expected-Last-Subject-Sequence: ${expected}\r\n`;
    if (id !== undefined) headers += `Nats-Msg-Id: ${id}\r\n`;
    const { message } = await this.#change({ subject, body, headers }, call);
    const { error, seq, duplicate } = message.json<{ error?: ApiError; seq?: number; duplicate?: boolean }>();
    if (isRefusal(error, "conflict")) return { refused: true };
    if (error !== undefined) throw refusalError(error, call);
    return { sequence: seq ?? 0, isRepeated: duplicate === true };
  }

  /** From the stream's leader. `undefined`: there is none. */
  async get(
    stream: string,
    which: { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj?: string },
    call: QueueCall,
  ): Promise<Stored | undefined> {
    const { error, message } = await this.#ask<{ message?: RawMessage }>(`STREAM.MSG.GET.${stream}`, which, call);
    if (isRefusal(error, "no message")) return undefined;
    if (error !== undefined) throw refusalError(error, call);
    return message && storedIn(message);
  }

  /** False: there was none. */
  async delete(stream: string, sequence: number, call: QueueCall): Promise<boolean> {
    const subject = `${this.settings.api}.STREAM.MSG.DELETE.${stream}`;
    const body = JSON.stringify({ seq: sequence, no_erase: true });
    const { error } = jsonIn<{ error?: ApiError }>(await this.#change({ subject, body }, call));
    if (error === undefined) return true;
    if (isRefusal(error, "nothing to delete")) return false;
    throw refusalError(error, call);
  }

  /** Deletes all before the sequence. */
  async purge(stream: string, sequence: number, call: QueueCall): Promise<void> {
    const { error } = await this.#ask(`STREAM.PURGE.${stream}`, { seq: sequence }, call);
    if (error !== undefined) throw refusalError(error, call);
  }

  /** Gives the API's answer, of whatever subject. @throws what JetStream says. */
  async manage<T extends object>(subject: string, body: object, call: QueueCall): Promise<T> {
    const answer = await this.#ask<T>(subject, body, call);
    if (answer.error !== undefined) throw refusalError(answer.error, call);
    return answer;
  }

  /** @throws UNAVAILABLE, ABORTED, TIMEOUT */
  async send(request: Request, call: QueueCall): Promise<Answer> {
    const { operation } = call;
    if (hasEnded(call)) throw abortedError(call, `${NAME}.${operation}`, true);
    const answer = await this.requests.ask(request, operation);
    if (answer.status !== NO_RESPONDERS) return answer;
    throw unavailable("JetStream does not answer for this stream", { operation });
  }

  async #change(request: Request, call: QueueCall): Promise<Answer> {
    const answering = this.send(request, call);
    call.hasSent ||= this.requests.link.isUp;
    return answering;
  }

  async #ask<T extends object>(
    subject: string,
    body: object,
    call: QueueCall,
  ): Promise<Partial<T> & { readonly error?: ApiError } & T> {
    const answer = await this.send({ subject: `${this.settings.api}.${subject}`, body: JSON.stringify(body) }, call);
    return jsonIn(answer);
  }
}

interface RawMessage {
  readonly subject: string;
  readonly seq: number;
  readonly data?: string;
  readonly time: string;
}

function storedIn({ subject, seq, data = "", time }: RawMessage): Stored {
  return { subject, sequence: seq, data: Buffer.from(data, "base64"), time: instantOf(time) };
}

/** `Date` reads no more than three digits behind the second. With the fraction: 2026-11-30T03:48:52.78915799Z. */
function instantOf(time: string): number {
  const [, seconds = time, fraction = ""] = /^([^.]*)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction === "" ? "0" : fraction}`) * 1_000;
}

function jsonIn<T>({ message }: Answer): T {
  return message.json<T>(); // As the API has it.
}
