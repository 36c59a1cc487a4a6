/** Between the node and one identity's receiver: bounded, so that a slow receiver holds up nobody else. */

import type { Message } from "./message.ts";

export interface Mailbox {
  /** Takes the message or applies the overflow policy; never blocks and never throws. */
  push(message: Message): void;
  /** Takes nothing more and resolves when what has started has finished. */
  close(): Promise<void>;
}
