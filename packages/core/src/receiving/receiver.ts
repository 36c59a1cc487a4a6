/** Receivers of handles: how they are made, and how they leave. */

import { invalidArgument } from "../call.ts";
import type { AttachOptions, MessageHandler, OverflowPolicy } from "../fleet.ts";
import type { Host } from "../host.ts";
import type { Message } from "../message.ts";
import { createMailbox, type Fence, type HandlerMailboxOptions, type Mailbox } from "./mailbox.ts";
import { createMessageIterator, type MessageIterator, type MessageIteratorOptions } from "./message-iterator.ts";
import { inOrder } from "../tasks/in-order.ts";
import { endAddress } from "../life/own-address.ts";
import { rewrite } from "../life/rewrite.ts";
import type { Served } from "../life/served.ts";
import { MusterError } from "../slots/index.ts";

/** What the caller may say of an inbox. */
export type InboxOptions = NonNullable<AttachOptions["inbox"]>;

const OVERFLOW: readonly unknown[] = ["drop-oldest", "drop-newest", "disconnect"];

/** A mailbox that calls `onMessage` for this handle. */
export function handlerMailbox(
  host: Host,
  served: Served,
  onMessage: MessageHandler<never>,
  inbox: InboxOptions | undefined,
): Mailbox {
  // What it is given comes from the slot that its type was inferred from.
  return createMailbox(new Handling(host, served, inbox, onMessage as MessageHandler<unknown>));
}

/** A mailbox that this handle's messages are taken out of. */
export function iteratedMailbox(host: Host, served: Served, inbox: InboxOptions | undefined): MessageIterator {
  return createMessageIterator(new Receiving(host, served, inbox));
}

/**
 * When a message may start, and what becomes of those that don't fit. It is an object of its own class, and no closures,
 * for there may be very many.
 */
class Receiving implements MessageIteratorOptions {
  readonly host: Host;
  readonly served: Served;
  readonly capacity: number | undefined;
  readonly overflow: OverflowPolicy | undefined;

  constructor(host: Host, served: Served, inbox: InboxOptions | undefined) {
    this.host = host;
    this.served = served;
    this.capacity = inbox?.capacity;
    this.overflow = inbox?.overflow;
  }

  mayStart(): boolean {
    const { isLive, deadline } = this.served;
    return isLive && this.host.session.live && performance.now() < deadline;
  }

  onOverflow(dropped: number): void {
    this.host.countDropped(dropped);
    this.served.events.emit("overflow", { dropped });
  }

  onDisconnect(): void {
    detach(this.host, this.served);
  }

  onLeave(): void {
    detach(this.host, this.served);
  }
}

class Handling extends Receiving implements HandlerMailboxOptions {
  readonly onMessage: MessageHandler<unknown>;

  constructor(host: Host, served: Served, inbox: InboxOptions | undefined, onMessage: MessageHandler<unknown>) {
    super(host, served, inbox);
    this.onMessage = onMessage;
  }

  /** Attached is only what lives, and one that is bound to its session ends with it and not before. */
  get fence(): Fence | undefined {
    return this.served.options.sessionBound ? this.host.session : undefined;
  }

  onHandlerError(error: unknown, message: Message): void {
    this.served.events.emit("handlerError", { error, message });
  }
}

/**
 * Receives no more, while the registration stands: senders see that no message reaches it. In the background. An address of
 * its own stays: others may receive under it.
 */
export function detach(host: Host, served: Served): void {
  host.node?.detach(served.options.identity, served.epoch);
  served.detached = host.durable?.detach(served.options.identity, served.epoch);
  served.mailbox = undefined;
  endAddress(host, served);
  if (served.state !== "live" || served.options.address !== undefined || host.node === undefined) return;
  const source = "core.detach";
  host.background.run(source, host.timing.timeoutMs, (call) =>
    inOrder(served, call, source, async () => {
      if (served.state !== "live" || served.mailbox !== undefined) return;
      await rewrite(host, served, { source, address: undefined, metadata: (current) => current }, call);
    }),
  );
}

/** @throws UNSUPPORTED without a slot that messages come from; INVALID_ARGUMENT */
export function checkReceiver(host: Host, onMessage: unknown, inbox: unknown, source: string): void {
  if (typeof onMessage !== "function") throw invalidArgument(source, "onMessage must be a function");
  if (!canReceive(host)) throw noMessaging(source);
  checkInbox(inbox, source);
}

/** @throws INVALID_ARGUMENT */
export function checkInbox(inbox: unknown, source: string): void {
  if (inbox === undefined) return;
  if (typeof inbox !== "object" || inbox === null) throw invalidArgument(source, "inbox must be an object");
  const { capacity, overflow, ...unknown } = inbox as { capacity?: unknown; overflow?: unknown }; // An object; its members are checked here.
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) throw invalidArgument(source, "an inbox has no such option", surplus);
  if (capacity !== undefined && (!Number.isSafeInteger(capacity) || Number(capacity) < 1)) {
    throw invalidArgument(source, "inbox.capacity must be an integer above 0");
  }
  if (overflow !== undefined && !OVERFLOW.includes(overflow)) {
    throw invalidArgument(source, `inbox.overflow must be one of ${OVERFLOW.join(", ")}`);
  }
}

/** Whether there is a slot that messages come from. */
export function canReceive({ node, durable }: Host): boolean {
  return node !== undefined || durable !== undefined;
}

export function noMessaging(source: string): MusterError<"UNSUPPORTED"> {
  const message = "nothing can be received without a messaging or a durability slot; give openRegistry one";
  return new MusterError({ code: "UNSUPPORTED", source, message, detail: { feature: "messaging" } });
}
