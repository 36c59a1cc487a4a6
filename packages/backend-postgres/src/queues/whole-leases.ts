/** Leases that are acknowledged as a whole: then it is enough to say which, and the server knows what they hold. */

import type { Settlement } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray } from "../codec.ts";
import { leaseHead, readLease } from "./receipts.ts";
import type { Space } from "./space.ts";

/** Smaller ones take as long either way. */
const LEAST_SIZE = 16;

/** Receipts that are acknowledged now, because all of their lease are: as many as it holds, and no two the same. */
export async function ackLeases(
  { client, number, sql }: Space,
  settlements: readonly Settlement[],
  call: PostgresCall,
): Promise<ReadonlySet<string>> {
  const whole = wholeLeases(settlements);
  if (whole.length === 0) return new Set();
  const values = [
    number,
    bigintArray(whole.map(({ lease }) => lease)),
    bigintArray(whole.map(({ receipts: { size } }) => size)),
  ];
  const done = new Set((await client.query(sql.ackLeases, values, call)).map(([lease]) => Number(lease)));
  const [first, ...more] = whole.filter(({ lease }) => done.has(lease));
  if (more.length === 0) return first?.receipts ?? new Set();
  return new Set([first, ...more].flatMap((one) => [...(one?.receipts ?? [])]));
}

interface WholeLease {
  readonly lease: number;
  readonly receipts: ReadonlySet<string>;
}

function wholeLeases(settlements: readonly Settlement[]): readonly WholeLease[] {
  const groups = new Map<string, Set<string>>();
  let head = "";
  let group = new Set<string>();
  for (const { receipt, as } of settlements) {
    if (as !== "ack") continue;
    if (head === "" || !receipt.startsWith(head)) {
      head = leaseHead(receipt);
      group = groups.get(head) ?? new Set();
      groups.set(head, group);
    }
    group.add(receipt);
  }
  return [...groups].flatMap(([own, { size }]) => {
    const read = size < LEAST_SIZE ? undefined : readLease(own);
    return read?.size === size ? [{ lease: read.lease, receipts: groups.get(own) ?? new Set() }] : [];
  });
}
