/** What `register` gives its caller: the verbs of one registration. */

import { attach } from "./attach.ts";
import { invalidArgument, runVerb } from "./call.ts";
import type { AttachOptions, Handle, HandleEvents, MessageHandler, MetadataPatch, Unregistered } from "./fleet.ts";
import type { Host } from "./host.ts";
import type { Message } from "./message.ts";
import { checkInbox, checkReceiver, handlerMailbox, iteratedMailbox } from "./receiving/receiver.ts";
import { renew } from "./renew.ts";
import type { Served } from "./life/served.ts";
import { type CallOptions, isMusterError } from "./slots/index.ts";
import { unregisterServed } from "./unregister.ts";
import { untilAborted } from "./tasks/until-aborted.ts";
import { update } from "./update.ts";

const EVENTS: readonly string[] = ["lost", "restored", "routeDown", "routeUp", "handlerError", "overflow"];

type ReceiverOptions = CallOptions & Omit<AttachOptions, "onMessage">;

/** @typeParam M metadata as the schema has it stored. */
export function createHandle<M extends object, Transaction>(host: Host, served: Served): Handle<M, Transaction> {
  return new ServedHandle<M, Transaction>(host, served);
}

class ServedHandle<M extends object, Transaction> implements Handle<M, Transaction> {
  readonly #host: Host;
  readonly #served: Served;
  #unregistered: Promise<Unregistered> | undefined;

  constructor(host: Host, served: Served) {
    this.#host = host;
    this.#served = served;
  }

  get identity(): string {
    return this.#served.options.identity;
  }

  get epoch(): number {
    return this.#served.epoch;
  }

  get revision(): number {
    return this.#served.revision;
  }

  get metadata(): M {
    return this.#served.metadata as M; // It has passed the schema that M is inferred from.
  }

  async update(patch: MetadataPatch<M>, options?: CallOptions): Promise<void> {
    await runVerb(this.#host.gate, "update", options, (call) => update(this.#host, this.#served, patch, call));
  }

  async renew(options?: CallOptions): Promise<number | undefined> {
    return await runVerb(this.#host.gate, "renew", options, (call) => renew(this.#host, this.#served, call));
  }

  async unregister(options?: CallOptions): Promise<Unregistered> {
    const before = this.#unregistered;
    const verb = runVerb(this.#host.gate, "unregister", options, async (call) => {
      return before === undefined
        ? await unregisterServed(this.#host, this.#served, call)
        : await untilAborted(before, call, "core.unregister");
    });
    this.#unregistered ??= verb;
    try {
      return await verb;
    } catch (error) {
      if (this.#unregistered === verb) this.#unregistered = undefined;
      throw error;
    }
  }

  async attach(onMessage: MessageHandler<Transaction>, options?: ReceiverOptions): Promise<void> {
    await runVerb(this.#host.gate, "attach", options, async (call) => {
      checkReceiver(this.#host, onMessage, options?.inbox, "core.attach");
      await attach(this.#host, this.#served, handlerMailbox(this.#host, this.#served, onMessage, options?.inbox), call);
    });
  }

  messages(options?: ReceiverOptions): AsyncIterableIterator<Message> {
    checkInbox(options?.inbox, "core.messages");
    const mailbox = iteratedMailbox(this.#host, this.#served, options?.inbox);
    const attached = runVerb(this.#host.gate, "messages", options, (call) =>
      attach(this.#host, this.#served, mailbox, call),
    );
    attached.catch(() => undefined); // Told to whoever asks for the first message.
    const { messages } = mailbox;
    const whenAttached: AsyncIterableIterator<Message> = {
      async next(): Promise<IteratorResult<Message>> {
        await attached;
        return await messages.next();
      },
      async return(): Promise<IteratorResult<Message>> {
        await attached.catch(() => undefined); // Then there is nothing to leave.
        return (await messages.return?.()) ?? { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => whenAttached,
    };
    return whenAttached;
  }

  on<Event extends keyof HandleEvents>(event: Event, listener: (detail: HandleEvents[Event]) => void): Disposable {
    if (!EVENTS.includes(event))
      throw invalidArgument("core.on", `there is no such event; there are ${EVENTS.join(", ")}`, event);
    if (typeof listener !== "function") throw invalidArgument("core.on", "a listener must be a function", event);
    return this.#served.events.on(event, listener);
  }

  /** Unregisters; a fleet that has been closed has done so already. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.unregister();
    } catch (error) {
      if (!isMusterError(error, "CLOSED")) throw error;
    }
  }
}
