/** The contract's `settleMany` and `extendMany`. */

import type { BatchFailure, Settlement } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter, PostgresCall } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checkBatch, checkLease } from "./arguments.ts";
import { textOf } from "./attaching.ts";
import { failuresOf } from "./failures.ts";
import { type Entry, type Receipt, readReceipt } from "./receipts.ts";
import type { Space } from "./space.ts";
import { ackLeases, wholeLeases } from "./whole-leases.ts";

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(settlements, call.operation);
  const receipts = settlements.map(({ receipt }) => receipt);
  const entries = entriesOf(receipts);
  const isAck = ({ index }: Entry): boolean => settlements[index]?.as === "ack";
  // In one batch either is mostly all there is.
  const acks = entries.filter(isAck);
  const others = acks.length === entries.length ? [] : inOrder(entries.filter((entry) => !isAck(entry)));
  const ways = waysOf(others.map(({ index }) => settlements[index]));
  const done = await ackLeases(space, wholeLeases(acks), call);
  const rest = inOrder(done.size === 0 ? acks : acks.filter(({ receipt }) => !done.has(receipt.lease)));
  const { sql } = space;
  const fenced = [
    ...(await send(space, sql.ackMany, rest, [triesOf(rest), placesOf(rest)], call)),
    ...(await send(space, sql.settleMany, others, [triesOf(others), ...ways], call)),
  ];
  return failuresIn(receipts, entries, fenced, call);
}

export async function extendMany(
  space: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(receipts, call.operation);
  checkLease(leaseMs, call.operation);
  const entries = inOrder(entriesOf(receipts));
  const fenced = await send(space, space.sql.extendMany, entries, [Math.ceil(leaseMs)], call);
  return failuresIn(receipts, entries, fenced, call);
}

/** Those that are fenced. */
async function send(
  { client, number }: Space,
  text: string,
  entries: readonly Entry[],
  more: readonly Parameter[],
  call: PostgresCall,
): Promise<readonly (Entry | undefined)[]> {
  if (entries.length === 0) return [];
  const rows = await client.query(text, [number, ...columnsOf(entries), ...more], call);
  return rows.map(([n]) => entries[Number(n) - 1]);
}

/** What can't be read is fenced, too. */
function failuresIn(
  receipts: readonly string[],
  entries: readonly Entry[],
  fenced: readonly (Entry | undefined)[],
  { operation }: PostgresCall,
): readonly BatchFailure[] {
  if (fenced.length === 0 && entries.length === receipts.length) return [];
  const open = new Set(entries.map(({ index }) => index));
  for (const entry of fenced) open.delete(entry?.index ?? -1);
  return failuresOf(receipts, { operation, subjectOf: (receipt) => receipt }, (_, index) =>
    open.has(index) ? undefined : "FENCED",
  );
}

/** Those that can be read. */
function entriesOf(receipts: readonly string[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, text] of receipts.entries()) {
    const receipt = readReceipt(text);
    if (receipt !== undefined) entries.push({ receipt, text, index });
  }
  return entries;
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
