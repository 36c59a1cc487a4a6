/** The contract's `settleMany` and `extendMany`. */

import type { BatchFailure, Settlement } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter, PostgresCall } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checkBatch, checkLease } from "./arguments.ts";
import { textOf } from "./attaching.ts";
import { failuresOf } from "./failures.ts";
import { type Receipt, readReceipt } from "./receipts.ts";
import type { Space } from "./space.ts";

/** A receipt, and where it stands in the batch. */
interface Entry {
  readonly receipt: Receipt;
  readonly index: number;
}

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(settlements, call.operation);
  const entries = entriesOf(settlements.map(({ receipt }) => receipt));
  const isAck = ({ index }: Entry): boolean => settlements[index]?.as === "ack";
  const acks = entries.filter(isAck);
  const others = acks.length === entries.length ? [] : entries.filter((entry) => !isAck(entry));
  const open = new Set(entries.map(({ index }) => index));
  const { client, number, sql } = space;
  const send = async (text: string, part: readonly Entry[], more: readonly Parameter[]): Promise<void> => {
    if (part.length === 0) return;
    for (const [n] of await client.query(text, [number, ...columnsOf(part), ...more], call))
      open.delete(part[Number(n) - 1]?.index ?? -1);
  };
  // In one batch either is mostly all there is.
  await send(sql.ackMany, acks, [triesOf(acks), placesOf(acks)]);
  await send(sql.settleMany, others, [triesOf(others), ...waysOf(others.map(({ index }) => settlements[index]))]);
  return open.size === settlements.length ? [] : fencedBut(open, settlements, receiptIn, call);
}

export async function extendMany(
  { client, number, sql }: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(receipts, call.operation);
  checkLease(leaseMs, call.operation);
  const entries = entriesOf(receipts);
  const open = new Set(entries.map(({ index }) => index));
  if (entries.length > 0)
    for (const [n] of await client.query(sql.extendMany, [number, ...columnsOf(entries), Math.ceil(leaseMs)], call))
      open.delete(entries[Number(n) - 1]?.index ?? -1);
  return open.size === receipts.length ? [] : fencedBut(open, receipts, (receipt) => receipt, call);
}

function receiptIn({ receipt }: Settlement): string {
  return receipt;
}

function fencedBut<T>(
  open: ReadonlySet<number>,
  entries: readonly T[],
  subjectOf: (entry: T) => string,
  { operation }: PostgresCall,
): readonly BatchFailure[] {
  return failuresOf(entries, { operation, subjectOf }, (_, index) => (open.has(index) ? undefined : "FENCED"));
}

/** Those that can be read, in the order in which rows are locked. */
function entriesOf(receipts: readonly string[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, text] of receipts.entries()) {
    const receipt = readReceipt(text);
    if (receipt !== undefined) entries.push({ receipt, index });
  }
  return isInOrder(entries) ? entries : entries.sort((a, b) => order(a.receipt, b.receipt));
}

function isInOrder(entries: readonly Entry[]): boolean {
  return entries.every(({ receipt }, index) => {
    const before = entries[index - 1];
    return before === undefined || order(before.receipt, receipt) <= 0;
  });
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
