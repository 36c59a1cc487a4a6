/** The contract's `settleMany` and `extendMany`. */

import type { BatchFailure, Settlement } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter, PostgresCall } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checks } from "./arguments.ts";
import { textOf } from "./attaching.ts";
import { failuresOf } from "./failures.ts";
import { type Receipt, readReceipt } from "./receipts.ts";
import type { Space } from "./space.ts";
import { ackLeases } from "./whole-leases.ts";

/** One of a batch, and where it stands there. */
interface Entry {
  readonly receipt: Receipt;
  readonly index: number;
}

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(settlements, call.operation);
  const done = await ackLeases(space, settlements, call);
  if (done.size === settlements.length) return [];
  const receipts = settlements.map(({ receipt }) => receipt);
  const isAck = (index: number): boolean => settlements[index]?.as === "ack";
  const { left, fenced } = read(receipts, (text, index) => !(isAck(index) && done.has(text)));
  // In one batch either is mostly all there is.
  const acks = inOrder(left.filter(({ index }) => isAck(index)));
  const others = inOrder(left.filter(({ index }) => !isAck(index)));
  const ways = waysOf(others.map(({ index }) => settlements[index]));
  const { sql } = space;
  await send(space, acks, { text: sql.ackMany, more: [triesOf(acks), placesOf(acks)], fenced }, call);
  await send(space, others, { text: sql.settleMany, more: [triesOf(others), ...ways], fenced }, call);
  return failuresIn(receipts, fenced, call);
}

export async function extendMany(
  space: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(receipts, call.operation);
  checks.checkLease(leaseMs, call.operation);
  const { left, fenced } = read(receipts, () => true);
  await send(space, inOrder(left), { text: space.sql.extendMany, more: [Math.ceil(leaseMs)], fenced }, call);
  return failuresIn(receipts, fenced, call);
}

/** Those that are wanted; what can't be read is fenced. */
function read(
  receipts: readonly string[],
  isWanted: (text: string, index: number) => boolean,
): { readonly left: readonly Entry[]; readonly fenced: Set<number> } {
  const left: Entry[] = [];
  const fenced = new Set<number>();
  for (const [index, text] of receipts.entries()) {
    if (!isWanted(text, index)) continue;
    const receipt = readReceipt(text);
    if (receipt === undefined) fenced.add(index);
    else left.push({ receipt, index });
  }
  return { left, fenced };
}

interface Sent {
  readonly text: string;
  readonly more: readonly Parameter[];
  /** Those that are fenced are added. */
  readonly fenced: Set<number>;
}

async function send(
  { client, number }: Space,
  entries: readonly Entry[],
  { text, more, fenced }: Sent,
  call: PostgresCall,
): Promise<void> {
  if (entries.length === 0) return;
  for (const [n] of await client.query(text, [number, ...columnsOf(entries), ...more], call))
    fenced.add(entries[Number(n) - 1]?.index ?? -1);
}

function failuresIn(
  receipts: readonly string[],
  fenced: ReadonlySet<number>,
  { operation }: PostgresCall,
): readonly BatchFailure[] {
  if (fenced.size === 0) return [];
  return failuresOf(receipts, { operation, subjectOf: (receipt) => receipt }, (_, index) =>
    fenced.has(index) ? "FENCED" : undefined,
  );
}

/** As rows are locked. */
function inOrder(entries: readonly Entry[]): readonly Entry[] {
  const isInOrder = entries.every(({ receipt }, index) => {
    const before = entries[index - 1];
    return before === undefined || order(before.receipt, receipt) <= 0;
  });
  return isInOrder ? entries : entries.toSorted((a, b) => order(a.receipt, b.receipt));
}

function order(a: Receipt, b: Receipt): number {
  return compareStrings(a.identity, b.identity) || a.message - b.message;
}

/** Leases, messages and identities. */
export function columnsOf(entries: readonly { readonly receipt: Receipt }[]): readonly Buffer[] {
  return [
    bigintArray(entries.map(({ receipt }) => receipt.lease)),
    bigintArray(entries.map(({ receipt }) => receipt.message)),
    textArray(entries.map(({ receipt }) => receipt.identity)),
  ];
}

export function triesOf(entries: readonly { readonly receipt: Receipt }[]): Buffer {
  return bigintArray(entries.map(({ receipt }) => receipt.attempt));
}

export function placesOf(entries: readonly { readonly receipt: Receipt }[]): Buffer {
  return textArray(entries.map(({ receipt }) => receipt.place));
}

const WAYS = { ack: "a", retry: "r", release: "l", dead: "d" } as const;

/** Ways, delays, codes and reasons. */
function waysOf(settlements: readonly (Settlement | undefined)[]): readonly Buffer[] {
  const dead = settlements.map((one) => (one?.as === "dead" ? one : undefined));
  return [
    textArray(settlements.map((one) => one && WAYS[one.as])),
    bigintArray(settlements.map((one) => (one?.as === "retry" ? Math.ceil(one.delayMs ?? 0) : 0))),
    textArray(dead.map((one) => one?.code)),
    textArray(dead.map((one) => one && textOf(one.reason))),
  ];
}
