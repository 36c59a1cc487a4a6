/** The contract's `settleMany` and `extendMany`: one conditional write for each, and a word to the queue. */

import { randomUUID } from "node:crypto";
import type { BatchFailure, QueueFailureCode, Settlement } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import { failuresOf } from "./failures.ts";
import { ensureLetter } from "./letters.ts";
import { readReceipt, type Receipt } from "./receipts.ts";
import type { Space } from "./space.ts";
import { readState, type State, type Way, writeState } from "./states.ts";

const NANOS = 1_000_000;
/** An entry comes back when what it waits for is certainly over. */
const MARGIN_MS = 2;

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  const codes = await Promise.all(settlements.map(async (settlement) => settle(space, settlement, call)));
  return failuresOf(codes, call.operation, (index) => settlements[index]?.receipt ?? "");
}

export async function extendMany(
  space: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: QueueCall,
): Promise<readonly BatchFailure[]> {
  const until = space.clock.latest + leaseMs;
  const codes = await Promise.all(
    receipts.map(async (text): Promise<QueueFailureCode | undefined> => {
      const receipt = readReceipt(space, text);
      if (receipt === undefined) return "FENCED";
      const extended: State = { ...leasedState(receipt), until };
      if (!(await writeOver(space, receipt, extended, call)).isWritten) return "FENCED";
      comeBack(space, receipt.ackSubject, leaseMs);
      return undefined;
    }),
  );
  return failuresOf(codes, call.operation, (index) => receipts[index] ?? "");
}

/** The entry is handed out again after so long. */
export function comeBack({ jetStream }: Space, ackSubject: string, delayMs: number): void {
  jetStream.requests.tell(ackSubject, postponement(delayMs));
}

/**
 * The same for entries of one consumer. Resolves when it knows: what others say of them from then on comes behind it. If it
 * says nothing, leases stand all the same, and entries come back sooner or later than they could.
 */
export async function comeBackTogether(
  space: Space,
  ackSubjects: readonly string[],
  delayMs: number,
  call: QueueCall,
): Promise<void> {
  const last = ackSubjects.at(-1);
  if (last === undefined) return;
  for (const ackSubject of ackSubjects.slice(0, -1)) comeBack(space, ackSubject, delayMs);
  await space.jetStream.send({ subject: last, body: postponement(delayMs) }, call).catch(() => undefined);
}

function postponement(delayMs: number): string {
  return delayMs <= 0 ? "-NAK" : `-NAK {"delay":${Math.ceil((delayMs + MARGIN_MS) * NANOS)}}`;
}

/** The entry is gone. */
export function finish({ jetStream }: Space, ackSubject: string): void {
  jetStream.requests.tell(ackSubject, "+ACK");
}

async function settle(space: Space, settlement: Settlement, call: QueueCall): Promise<QueueFailureCode | undefined> {
  const receipt = readReceipt(space, settlement.receipt);
  if (receipt === undefined) return "FENCED";
  const state = settledState(space, receipt, settlement);
  const { isWritten, found } = await writeOver(space, receipt, state, call);
  if (!isWritten && !wasSettledSo(found, receipt.lease, settlement.as)) return "FENCED";
  const stands = isWritten ? state : found;
  if (settlement.as === "dead" && stands?.is === "dead") await ensureLetter(space, receipt.id, stands, call);
  if (stands?.is === "leased") return undefined; // Somebody else has it by now.
  if (stands?.is === "queued") comeBack(space, receipt.ackSubject, (stands.until ?? 0) - space.clock.earliest);
  else finish(space, receipt.ackSubject);
  return undefined;
}

/** Over this lease and nothing else, also where its end has been put off. */
async function writeOver(
  space: Space,
  { id, identity, lease, sequence }: Receipt,
  state: State,
  call: QueueCall,
): Promise<{ readonly isWritten: boolean; readonly found?: State }> {
  for (let expected = sequence; ; ) {
    if ((await writeState(space, id, state, expected, call)) !== undefined) return { isWritten: true };
    const known = await readState(space, id, identity, call);
    if (known === undefined) return { isWritten: false };
    if (known.state.is !== "leased" || known.state.lease !== lease) return { isWritten: false, found: known.state };
    expected = known.sequence;
  }
}

function wasSettledSo(state: State | undefined, lease: string, as: Way): boolean {
  return state?.settled?.[0] === lease && state.settled[1] === as;
}

function leasedState({ identity, attempts, expiresAt, version, lease, settled }: Receipt): State {
  return {
    identity,
    is: "leased",
    attempts,
    expiresAt,
    version,
    lease,
    ...(settled === undefined ? {} : { settled }),
  };
}

function settledState({ clock }: Space, receipt: Receipt, settlement: Settlement): State {
  const { identity, attempts, expiresAt, lease } = receipt;
  const common = { identity, attempts, expiresAt, settled: [lease, settlement.as] as const };
  switch (settlement.as) {
    case "ack":
      return { ...common, is: "acked" };
    case "dead": {
      const { code, reason } = settlement;
      return { ...common, is: "dead", death: { id: randomUUID(), code, reason, at: Math.round(clock.now) } };
    }
    case "release":
      return { ...common, is: "queued", attempts: attempts - 1 };
    case "retry": {
      const delayMs = delayOf(settlement);
      return { ...common, is: "queued", ...(delayMs > 0 ? { until: clock.latest + delayMs } : {}) };
    }
  }
}

function delayOf(settlement: Settlement): number {
  return settlement.as === "retry" ? (settlement.delayMs ?? 0) : 0;
}
