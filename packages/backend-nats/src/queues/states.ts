/**
 * What stands of each delivery: a message of its own subject, written on the condition that nobody else has written it
 * meanwhile. There is none of a delivery that nobody has had in hand yet.
 */

import type { DeadCode, Settlement } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import type { Space } from "./space.ts";

export type Way = Settlement["as"];

/** As it is stored, in JSON. */
export interface State {
  readonly identity: string;
  readonly is: "queued" | "leased" | "acked" | "expired" | "dead" | "purged";
  /** Leases that counted, the present one among them. */
  readonly attempts: number;
  /** Epoch ms, of the delivery. */
  readonly expiresAt: number;
  /** Epoch ms: of what is leased the end of that, of what is queued the end of its delay. */
  readonly until?: number;
  /** Of the attachment that it is leased to. */
  readonly version?: number;
  /** Of the present lease. */
  readonly lease?: string;
  /** Which lease was settled last, and how. */
  readonly settled?: readonly [lease: string, as: Way];
  /** Of what is dead. */
  readonly death?: { readonly id: string; readonly code: DeadCode; readonly reason: string; readonly at: number };
}

export interface KnownState {
  readonly state: State;
  readonly sequence: number;
}

/** It will be handed out no more, unless somebody redrives it. */
export function isOver({ is }: State): boolean {
  return is !== "queued" && is !== "leased";
}

/** Who settled it last may do so once more, whatever has become of it since. */
export function settledIn({ settled }: State): Pick<State, "settled"> | Record<string, never> {
  return settled === undefined ? {} : { settled };
}

export async function readState(
  { jetStream, subjects }: Space,
  id: string,
  identity: string,
  call: QueueCall,
): Promise<KnownState | undefined> {
  const query = { last_by_subj: subjects.state(id, identity) };
  const stored = await jetStream.get(subjects.states, query, call);
  return stored && { state: stateIn(stored.data), sequence: stored.sequence };
}

/** @returns its sequence; `undefined`: somebody else has written it. */
export async function writeState(
  { jetStream, subjects }: Space,
  id: string,
  state: State,
  expected: number,
  call: QueueCall,
): Promise<number | undefined> {
  const subject = subjects.state(id, state.identity);
  const published = await jetStream.publish(subject, JSON.stringify(state), { expected }, call);
  return "refused" in published ? undefined : published.sequence;
}

/** Writes what follows from what stands, until nobody else comes in between. `undefined` from `next`: nothing. */
export async function changeState(
  space: Space,
  { id, identity }: { readonly id: string; readonly identity: string },
  next: (state: State | undefined) => State | undefined,
  call: QueueCall,
): Promise<State | undefined> {
  for (;;) {
    const known = await readState(space, id, identity, call);
    const state = next(known?.state);
    if (state === undefined) return known?.state;
    const sequence = await writeState(space, id, state, known?.sequence ?? 0, call);
    if (sequence !== undefined) return state;
  }
}

export function stateIn(data: Uint8Array): State {
  return JSON.parse(Buffer.from(data).toString("utf8")) as State; // Written by the one above.
}
