/** What became of one message at one recipient, for whoever waits to hear of it. */

import type { HandlerContext, Message } from "../message.ts";

/**
 * - `handled`: its handler has returned.
 * - `thrown`: its handler threw; it wants to be tried again.
 * - `rejected`: its handler has refused it for good.
 * - `untried`: no handler has started: there was no room, or the registration has ended before its turn.
 */
export type Outcome =
  | { readonly as: "handled" | "untried" }
  | { readonly as: "thrown"; readonly error: unknown }
  | { readonly as: "rejected"; readonly reason: string };

export const UNTRIED: Outcome = Object.freeze({ as: "untried" });

/** A message somebody waits for the outcome of. */
export interface AwaitedMessage extends Message {
  /** Which of its acknowledger's messages it is. */
  readonly place: number;
}

/** Waits for the outcome of one or more messages. */
export interface Acknowledger {
  /** How often these messages have been handed out, this time included. */
  readonly attempt: number;
  /**
   * True: a store keeps its messages too. They take no room that others could have, and are never dropped for want of it.
   */
  readonly isDurable?: boolean;
  /** Called exactly once for each of them, unless its mailbox has skipped it. Must not throw. */
  settle(message: AwaitedMessage, outcome: Outcome): void;
  /** Present: asked when its turn has come, just before its handler starts; false: it is untried. Must not throw. */
  begin?(message: AwaitedMessage): boolean;
  /**
   * Present: runs the handler instead of the mailbox, inside whatever it opens for it, or not at all where it has been run
   * before. Its promise settles as the handler's, or with what went wrong around it.
   */
  around?(message: AwaitedMessage, handle: (context: HandlerContext<unknown>) => Promise<void>): Promise<void>;
}
