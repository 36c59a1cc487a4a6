/** The contract's `enqueueMany`. */

import type { BatchFailure, DurableMessage, Target } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { Parameter, PostgresCall } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checks } from "./arguments.ts";
import { failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";

export async function enqueueMany(
  { client, number, scope, sql }: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkMessage(message, call.operation);
  checks.checkTargets(targets, call.operation);
  checks.checkTtl(ttlMs, call.operation);
  if (targets.length === 0) return [];
  const sorted = inOrder(targets);
  const values = [
    number,
    ...contentsOf(message),
    textArray(sorted.map(({ identity }) => identity)),
    bigintArray(sorted.map(({ epoch }) => epoch)),
    Math.ceil(ttlMs),
    Math.ceil(scope.trackingRetentionMs),
    scope.maxQueued,
  ];
  const refused = await client.query(sql.enqueueMany, values, call);
  if (refused.length === 0) return [];
  const codes = new Map(refused.map(([n, verdict]) => [sorted[Number(n) - 1]?.identity, verdict]));
  return failuresOf(targets, { operation: call.operation, subjectOf: ({ identity }) => identity }, ({ identity }) => {
    const verdict = codes.get(identity);
    return verdict === "q" ? "QUEUE_FULL" : verdict === "u" ? "UNREGISTERED" : undefined;
  });
}

/** As functions take it. */
export function contentsOf(message: DurableMessage): readonly Parameter[] {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return [id, contentType, sentAt, guarantee === "exactly-once" ? "t" : "f", replyTo, bytes];
}

/** By identity, each once, as all statements lock rows. What already is in order is not copied. */
export function inOrder<T extends { readonly identity: string }>(entries: readonly T[]): readonly T[] {
  if (isInOrder(entries)) return entries;
  const sorted = entries.toSorted((a, b) => compareStrings(a.identity, b.identity));
  return sorted.filter(({ identity }, index) => identity !== sorted[index - 1]?.identity);
}

function isInOrder(entries: readonly { readonly identity: string }[]): boolean {
  return entries.every(({ identity }, index) => {
    const before = entries[index - 1];
    return before === undefined || compareStrings(before.identity, identity) < 0;
  });
}
