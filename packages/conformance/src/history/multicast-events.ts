/** What is recorded of multicasts, and of what they came to. */

import type { Receipt } from "@muster/core";

/** What happened, in the order in which it did. */
export type MulticastEvent = SendEvent | CallEvent | TakeEvent | DeathEvent;

/**
 * Somebody begins to send, or sends the same again. `at`, here as elsewhere, is its place among everything that happened: a
 * number that nothing else has.
 */
export interface SendEvent {
  readonly kind: "send";
  readonly at: number;
  /** Names the multicast; what it says, too. */
  readonly text: string;
  /** Whom its filter names. */
  readonly to: readonly string[];
  /** Absent: its sender died, or it threw; nobody was told anything. */
  told?: { readonly at: number; readonly id: string; readonly receipts: readonly Receipt[] };
}

/** A handler is called. */
export interface CallEvent {
  readonly kind: "call";
  readonly at: number;
  readonly text: string;
  readonly id: string;
  readonly identity: string;
  readonly epoch: number;
  readonly process: string;
  /** Absent: it never ended, or its process was dead by then. */
  ended?: { readonly at: number; readonly as: "handled" | "rejected" | "thrown" };
}

/** A process asks for an identity, whoever has it. */
export interface TakeEvent {
  readonly kind: "take";
  readonly at: number;
  readonly identity: string;
  readonly process: string;
  /** Absent: it was never answered. */
  told?: { readonly at: number; readonly epoch: number };
}

/** A process may have died from here on: its death was asked for. */
export interface DeathEvent {
  readonly kind: "death";
  readonly at: number;
  readonly process: string;
}

/** What the receipts and effects of one multicast are when nothing is under way any more. */
export interface Finally {
  /** By identity; `undefined` where nobody can know. */
  status(text: string, identity: string): Receipt["status"] | undefined;
  /** How many effects stand; `undefined`: no handler had any. */
  effects(text: string, identity: string): number | undefined;
  /** Whether the writes stand that were to commit with it; absent: nothing was sent with a transaction. */
  stands?(text: string): boolean;
}

export interface MulticastGuarantee {
  readonly way: "at-most-once" | "acknowledged" | "durable" | "exactly-once";
  readonly order: "none" | "fifo";
}
