/** Leases that are acknowledged as a whole: then it is enough to say which, and the server knows what they hold. */

import type { PostgresCall } from "../client.ts";
import { bigintArray } from "../codec.ts";
import type { Entry } from "./receipts.ts";
import type { Space } from "./space.ts";

/** Smaller ones take as long either way. */
const LEAST_SIZE = 16;

/** By their numbers, the sizes of leases all of whose receipts are among these: as many as were given, and no two the same. */
export function wholeLeases(entries: readonly Entry[]): ReadonlyMap<number, number> {
  const seen = new Map<number, { readonly size: number; readonly texts: Set<string> }>();
  for (const { receipt, text } of entries) {
    const { lease, size } = receipt;
    if (size < LEAST_SIZE) continue;
    const own = seen.get(lease) ?? { size, texts: new Set() };
    if (own.texts.size === 0) seen.set(lease, own);
    own.texts.add(text);
  }
  const whole = [...seen].filter(([, { size, texts }]) => texts.size === size);
  return new Map(whole.map(([lease, { size }]) => [lease, size]));
}

/** Numbers of those that have been acknowledged. */
export async function ackLeases(
  { client, number, sql }: Space,
  leases: ReadonlyMap<number, number>,
  call: PostgresCall,
): Promise<ReadonlySet<number>> {
  if (leases.size === 0) return new Set();
  const values = [number, bigintArray([...leases.keys()]), bigintArray([...leases.values()])];
  const rows = await client.query(sql.ackLeases, values, call);
  return new Set(rows.map(([lease]) => Number(lease)));
}
