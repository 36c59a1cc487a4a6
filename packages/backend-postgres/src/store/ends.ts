/** How registrations end: `deleteMany`, `reap` and `confirmMany`. */

import type { DeleteKey, DeleteOutcome, ReapClaim } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, registrationIn, textArray } from "../codec.ts";
import { type Answer, sendBatch } from "./batches.ts";
import type { Namespace } from "./namespace.ts";

/** Most steps that are handed out at once; they come with their metadata. */
const MAX_CLAIMS = 500;

const OUTCOMES: Readonly<Record<string, DeleteOutcome>> = { d: "deleted", a: "absent", f: "fenced" };

/** The contract's `deleteMany`. */
export async function deleteMany(
  namespace: Namespace,
  keys: readonly DeleteKey[],
  call: PostgresCall,
): Promise<readonly DeleteOutcome[]> {
  const send = async (part: readonly DeleteKey[]): Promise<readonly Answer<DeleteOutcome>[]> => {
    const { client, name, sql } = namespace;
    const values = [
      name,
      textArray(part.map(({ identity }) => identity)),
      bigintArray(part.map((key) => ("epoch" in key ? key.epoch : undefined))),
      textArray(part.map((key) => ("epoch" in key ? undefined : key.attempt))),
    ];
    const rows = await client.query(sql.deleteMany, values, call);
    return rows.map(([n = null, verdict]) => [Number(n) - 1, OUTCOMES[verdict ?? ""] ?? "absent"]);
  };
  return sendBatch({ items: keys, lengthOf: ({ identity }) => identity.length, send }, call);
}

/** The contract's `reap`. */
export async function reap(
  { client, name, sql }: Namespace,
  { limit, claimMs, graceMs }: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
  call: PostgresCall,
): Promise<readonly ReapClaim[]> {
  if (limit < 1) return [];
  const values = [name, Math.min(Math.floor(limit), MAX_CLAIMS), Math.ceil(claimMs), Math.ceil(graceMs)];
  const rows = await client.read(sql.reap, values, call);
  return rows.map(([step, ...row]) => ({
    registration: registrationIn(row),
    step: step === "over" ? "over" : "expired",
  }));
}

/** The contract's `confirmMany`. */
export async function confirmMany(
  { client, name, sql }: Namespace,
  claims: readonly ReapClaim[],
  call: PostgresCall,
): Promise<void> {
  const send = async (part: readonly ReapClaim[]): Promise<readonly Answer<undefined>[]> => {
    const values = [
      name,
      textArray(part.map(({ registration }) => registration.identity)),
      bigintArray(part.map(({ registration }) => registration.epoch)),
      textArray(part.map(({ step }) => step)),
    ];
    await client.query(sql.confirmMany, values, call);
    return part.map((_, index) => [index, undefined]);
  };
  await sendBatch({ items: claims, lengthOf: ({ registration }) => registration.identity.length, send }, call);
}
