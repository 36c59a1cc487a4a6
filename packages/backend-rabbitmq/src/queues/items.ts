/** What a process holds, recipient by recipient. */

import type { Leased, LeasedRecipient } from "@muster/core/slots";
import type { Frame, Recipient } from "./frames.ts";

export interface HeldFrame {
  readonly id: string;
  readonly frame: Frame;
  /** Monotonic. */
  readonly since: number;
  readonly items: readonly Item[];
  readonly ack: () => void;
  open: number;
}

/** One recipient of a frame. */
export interface Item {
  readonly held: HeldFrame;
  readonly recipient: Recipient;
  attempts: number;
  /** `moving`: on its way to another queue. */
  state: "new" | "waiting" | "leased" | "moving" | "ended";
  /** Where it waits or is leased, and for which epoch. */
  place: Place | undefined;
  receipt: string | undefined;
  /** Monotonic: not handed out before. */
  dueAt: number;
}

export interface Place {
  readonly session: string;
  readonly epoch: number;
}

/** Each message once; each with bytes of its own. */
export function groupedByMessage(items: readonly Item[], lease: (item: Item) => LeasedRecipient): readonly Leased[] {
  const groups = new Map<string, { readonly frame: Frame; readonly recipients: LeasedRecipient[] }>();
  for (const item of items) {
    const { frame } = item.held;
    const recipient = lease(item);
    const group = groups.get(frame.message.id);
    if (group === undefined) groups.set(frame.message.id, { frame, recipients: [recipient] });
    else group.recipients.push(recipient);
  }
  return [...groups.values()].map(({ frame: { message }, recipients }) => ({
    message: { ...message, payload: Uint8Array.from(message.payload) },
    recipients,
  }));
}
