/** Receipts: all that is needed to settle a lease in one step, through whatever client. */

import type { Space } from "./space.ts";
import type { State, Way } from "./states.ts";

export interface Receipt {
  readonly id: string;
  readonly identity: string;
  /** Of the state that was written with the lease. */
  readonly sequence: number;
  readonly lease: string;
  readonly version: number;
  readonly attempts: number;
  readonly expiresAt: number;
  /** Of the entry. */
  readonly ackSubject: string;
  readonly settled: readonly [lease: string, as: Way] | undefined;
}

type Columns = readonly [
  string,
  string,
  string,
  number,
  string,
  number,
  number,
  number,
  string,
  (readonly [string, Way])?,
];

export function receiptOf({ seal }: Space, id: string, state: State, sequence: number, ackSubject: string): string {
  const { identity, lease = "", version = 0, attempts, expiresAt, settled } = state;
  const columns: Columns = [seal, id, identity, sequence, lease, version, attempts, expiresAt, ackSubject];
  return JSON.stringify(settled === undefined ? columns : [...columns, settled]);
}

/** `undefined`: it is none, or one of another namespace. */
export function readReceipt({ seal }: Space, text: string): Receipt | undefined {
  if (!text.startsWith(`["${seal}",`)) return undefined;
  const columns = parsed(text);
  if (columns === undefined) return undefined;
  const [, id, identity, sequence, lease, version, attempts, expiresAt, ackSubject, settled] = columns;
  return { id, identity, sequence, lease, version, attempts, expiresAt, ackSubject, settled };
}

function parsed(text: string): Columns | undefined {
  try {
    return JSON.parse(text) as Columns; // It begins as only those do that were made here.
  } catch {
    return undefined;
  }
}
