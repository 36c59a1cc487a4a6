/** This process' end of the messaging slot: one inbox, one node address, and a table of who is attached here. */

import type { Call, Route } from "./slots/index.ts";
import type { Mailbox } from "./mailbox.ts";

/** Holds what arrives for an identity while the outcome of its registration is unknown. Settle it exactly once. */
export interface Expectation {
  /** Delivers what was held for this epoch, drops what was for another, and goes on delivering. */
  attach(epoch: number, mailbox: Mailbox): void;
  cancel(): void;
}

export interface ReceivingNode {
  /** Shared by everything this process serves. */
  readonly address: string;
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
  close(): Promise<void>;
}

/** What a node tells the rest of core. */
export interface NodeEvents {
  /** Another process has taken over an identity that is attached here. */
  onReplaced(identity: string, epoch: number): void;
  onRoute(state: "up" | "down"): void;
}
