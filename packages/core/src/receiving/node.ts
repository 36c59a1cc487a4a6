/** This process' end of the messaging slot: one inbox, one node address, and a table of who is attached here. */

import { randomUUID } from "node:crypto";
import type { AcknowledgementFrame } from "../wire/acknowledgement.ts";
import { AwaitedReceiver } from "./acknowledging/awaited-receiver.ts";
import { isNodeAddress, NODE_ADDRESS_PREFIX } from "../wire/addresses.ts";
import { Attachments, type Expectation } from "./attachments.ts";
import { codedError } from "../call.ts";
import { DuplicateWindow } from "./duplicate-window.ts";
import { decodeFrame, type Frame } from "../wire/frame.ts";
import { encodeReplaced } from "../wire/notices.ts";
import { decodeRaw, type RawMessage, replacedHeaders } from "../wire/raw-message.ts";
import type { ReceiptsFrame } from "../wire/receipts.ts";
import { ReceivedContent } from "./received-message.ts";
import type { Call, Delivery, MessagingBackend, MusterError, Outgoing, Route } from "../slots/index.ts";
import { StandingInbox } from "./standing-inbox.ts";
import { TimeSlice } from "../tasks/time-slice.ts";

export type { Expectation } from "./attachments.ts";

export interface ReceivingNode {
  /** Shared by everything this process serves. */
  readonly address: string;
  /** What was handed over here of late, however it came. */
  readonly window: DuplicateWindow;
  /** Makes the node address live; messages published after it resolved arrive. */
  open(call: Call): Promise<void>;
  /** From now on until it is settled, arrivals for `identity` are held. */
  expect(identity: string): Expectation;
  /** Nothing more is put into the mailbox of that epoch. The mailbox is the caller's to close. */
  detach(identity: string, epoch: number): void;
  /** Makes an identity address live, or ends it. */
  addAddress(address: string, call: Call): Promise<void>;
  removeAddress(address: string, call: Call): Promise<void>;
  /** Tells whoever served `route` that another life has taken over. Best effort; never rejects. */
  announceReplaced(route: Route, call: Call): Promise<void>;
  /** A number that no other of the last four billion frames has whose acknowledgements come to this node. */
  nextFrame(): number;
  /** From now on until it is disposed of, `listener` gets the acknowledgements of this multicast. It must not throw. */
  listen(id: string, listener: OnAcknowledgement): Disposable;
  /** Resolves when the outcomes known as of now have been told to the senders that wait for them. @throws TIMEOUT, ABORTED */
  flush(call: Call): Promise<void>;
  close(): Promise<void>;
}

/** Frames are numbered with 32 bits. */
const MAX_FRAME = 2 ** 32;

type OnAcknowledgement = (acknowledgement: AcknowledgementFrame) => void;

/** What a node tells the rest of core. */
interface NodeEvents {
  /** Another life has taken over an identity that is attached here. */
  onReplaced(identity: string, epoch: number): void;
  onRoute(state: "up" | "down"): void;
  /** Something durable waits for whom this process serves. */
  onBell(): void;
  /** Recipients of a durable multicast of this process have settled it. */
  onReceipts(receipts: ReceiptsFrame): void;
}

export interface NodeOptions {
  readonly messaging: MessagingBackend;
  readonly events: NodeEvents;
  /** For what no caller waits for: a lost inbox, and the first of each kind of frame that can't be read or be answered. */
  warn(error: MusterError): void;
}

/**
 * A node with a new address. It does no I/O before {@link ReceivingNode.open} or the first identity address.
 *
 * A lost inbox is opened again, with every address, after a pause that grows; `onRoute` tells of both.
 */
export function openNode(options: NodeOptions): ReceivingNode {
  return new Node(options);
}

class Node implements ReceivingNode {
  readonly address: string = NODE_ADDRESS_PREFIX + randomUUID();
  readonly window: DuplicateWindow = new DuplicateWindow();
  readonly #options: NodeOptions;
  readonly #inbox: StandingInbox;
  readonly #attachments = new Attachments();
  readonly #awaited: AwaitedReceiver;
  readonly #listeners = new Map<string, Set<OnAcknowledgement>>();
  #lastFrame = 0;
  readonly #slice = new TimeSlice();
  readonly #warned = new Set<string>();

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#inbox = new StandingInbox({
      messaging: options.messaging,
      dispatch: (page) => this.#dispatch(page),
      onRoute: (state) => options.events.onRoute(state),
      warn: (error) => options.warn(error),
    });
    this.#awaited = new AwaitedReceiver({
      messaging: options.messaging,
      attachments: this.#attachments,
      window: this.window,
      warn: (error) => this.#warnOnce(error),
    });
  }

  async open(call: Call): Promise<void> {
    await this.#inbox.add(this.address, call);
  }

  expect(identity: string): Expectation {
    return this.#attachments.expect(identity);
  }

  detach(identity: string, epoch: number): void {
    this.#attachments.detach(identity, epoch);
  }

  async addAddress(address: string, call: Call): Promise<void> {
    await this.#inbox.add(address, call);
  }

  async removeAddress(address: string, call: Call): Promise<void> {
    await this.#inbox.remove(address, call);
  }

  async announceReplaced(route: Route, call: Call): Promise<void> {
    if (route.address === undefined) return;
    if (route.address === this.address) {
      this.#options.events.onReplaced(route.identity, route.epoch);
      return;
    }
    try {
      await this.#options.messaging.publishMany([replacedNotice(route.address, route)], call);
    } catch {
      // The epoch fences the old life even when nobody tells it.
    }
  }

  nextFrame(): number {
    this.#lastFrame = (this.#lastFrame + 1) % MAX_FRAME;
    return this.#lastFrame;
  }

  listen(id: string, listener: OnAcknowledgement): Disposable {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(id);
      },
    };
  }

  async flush(call: Call): Promise<void> {
    await this.#awaited.flush(call);
  }

  async close(): Promise<void> {
    this.#awaited.close();
    await this.#inbox.close();
    this.#attachments.clear();
  }

  /** Waits for nothing but the end of a time slice: a turn for each message costs more than the message. */
  async #dispatch(page: readonly Delivery[]): Promise<void> {
    this.#slice.begin();
    for (const delivery of page) {
      const arrived = this.#read(delivery);
      if (arrived?.kind === "message") {
        const content = new ReceivedContent(arrived);
        const { identities, epochs } = arrived;
        for (let index = 0; index < identities.length; index += 1) {
          this.#attachments.deliver(content, identities[index] ?? "", epochs[index] ?? 0);
          const rest = this.#slice.step();
          if (rest !== undefined) await rest;
        }
      } else if (arrived?.kind === "awaited") await this.#awaited.receive(arrived, this.#slice);
      else if (arrived?.kind === "raw") this.#receiveSingle(arrived);
      else if (arrived !== undefined) this.#hear(arrived);
      const rest = this.#slice.step();
      if (rest !== undefined) await rest;
    }
    this.#awaited.rest();
  }

  #read({ address, headers, body }: Delivery): Frame | RawMessage | undefined {
    try {
      return isNodeAddress(address) ? decodeFrame(body) : decodeRaw(headers, body);
    } catch (cause) {
      this.#warnOnce(codedError(cause, "core.node"));
      return undefined;
    }
  }

  #warnOnce(error: MusterError): void {
    if (!this.#warned.has(error.code)) this.#options.warn(error);
    this.#warned.add(error.code);
  }

  #receiveSingle(message: RawMessage): void {
    const { awaiting, identity, epoch } = message;
    if (awaiting === undefined) this.#attachments.deliver(new ReceivedContent(message), identity, epoch);
    else this.#awaited.receiveSingle(message, awaiting);
  }

  #hear(word: Exclude<Frame, { readonly kind: "message" | "awaited" }>): void {
    const { events } = this.#options;
    if (word.kind === "acknowledgement") for (const listener of this.#listeners.get(word.id) ?? []) listener(word);
    else if (word.kind === "bell") events.onBell();
    else if (word.kind === "receipts") events.onReceipts(word);
    else if (this.#attachments.isAttached(word.identity, word.epoch)) events.onReplaced(word.identity, word.epoch);
  }
}

function replacedNotice(address: string, { identity, epoch }: Route): Outgoing {
  if (isNodeAddress(address)) return { address, headers: {}, body: encodeReplaced(identity, epoch) };
  return { address, headers: replacedHeaders(identity, epoch), body: new Uint8Array() };
}
