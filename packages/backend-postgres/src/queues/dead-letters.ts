/** Dead letters: read, tried again, thrown away. */

import type { BatchFailure, DeadCode, DeadLetter, DeadLetterKey } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bytesIn, type Row, textArray } from "../codec.ts";
import { checks } from "./arguments.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";
import { compareStrings } from "@muster/filter";

/** Of rows that come at once with their payloads. */
const MAX_ROWS = 100;
const CODES: readonly DeadCode[] = ["REJECTED", "DEAD_LETTERED", "UNREGISTERED", "EXPIRED"];

export interface DeadLetterQuery {
  readonly after?: DeadLetterKey;
  readonly pageSize: number;
  readonly identity?: string;
}

export async function readDeadLetters(
  { client, number, scope, sql }: Space,
  { after, pageSize, identity }: DeadLetterQuery,
  call: PostgresCall,
): Promise<{ readonly items: readonly DeadLetter[]; readonly isLast: boolean }> {
  const limit = Math.min(Math.floor(pageSize), MAX_ROWS);
  const keepMs = Math.ceil(scope.deadLetterRetentionMs);
  const values = [number, after?.identity ?? "", after?.messageId ?? "", limit, identity, keepMs];
  const rows = await client.query(sql.deadLetters, values, call);
  return { items: rows.map(deadLetterIn), isLast: rows.length < limit };
}

export async function redriveMany(
  { client, number, scope, sql }: Space,
  keys: readonly DeadLetterKey[],
  { ttlMs }: { readonly ttlMs: number },
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(keys, call.operation);
  checks.checkTtl(ttlMs, call.operation);
  const wanted = inOrder(keys);
  const retention = Math.ceil(scope.deadLetterRetentionMs);
  const values = [number, ...columnsOf(wanted), Math.ceil(ttlMs), retention, scope.maxQueued];
  const rows = wanted.length === 0 ? [] : await client.query(sql.redriveMany, values, call);
  const refused = new Map<string, FailureCode>();
  for (const [n, verdict] of rows) {
    const key = wanted[Number(n) - 1];
    if (key !== undefined) refused.set(nameOf(key), verdict === "q" ? "QUEUE_FULL" : "NOT_FOUND");
  }
  return failuresIn(keys, call, (key) => refused.get(nameOf(key)) ?? (isReadable(key) ? undefined : "NOT_FOUND"));
}

export async function purgeMany(
  { client, number, scope, sql }: Space,
  keys: readonly DeadLetterKey[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(keys, call.operation);
  const wanted = inOrder(keys);
  const values = [number, ...columnsOf(wanted), Math.ceil(scope.deadLetterRetentionMs)];
  const rows = wanted.length === 0 ? [] : await client.query(sql.purgeMany, values, call);
  const purged = new Set(rows.map(([identity, id]) => nameOf({ identity: identity ?? "", messageId: id ?? "" })));
  return failuresIn(keys, call, (key) => (purged.has(nameOf(key)) ? undefined : "NOT_FOUND"));
}

function failuresIn(
  keys: readonly DeadLetterKey[],
  { operation }: PostgresCall,
  codeOf: (key: DeadLetterKey) => FailureCode | undefined,
): readonly BatchFailure[] {
  return failuresOf(keys, { operation, subjectOf: ({ identity }) => identity }, codeOf);
}

function nameOf({ identity, messageId }: DeadLetterKey): string {
  return `${identity}\0${messageId}`;
}

function isReadable({ identity, messageId }: DeadLetterKey): boolean {
  return !identity.includes("\0") && !messageId.includes("\0");
}

/** As rows are locked; each once. */
function inOrder(keys: readonly DeadLetterKey[]): readonly DeadLetterKey[] {
  const each = [...new Map(keys.filter(isReadable).map((key) => [nameOf(key), key])).values()];
  return each.sort((a, b) => compareStrings(a.identity, b.identity) || compareStrings(a.messageId, b.messageId));
}

function columnsOf(keys: readonly DeadLetterKey[]): readonly Buffer[] {
  return [textArray(keys.map(({ identity }) => identity)), textArray(keys.map(({ messageId }) => messageId))];
}

function deadLetterIn([identity, id, code, reason, attempts, contentType, sentAt, diedAt, payload]: Row): DeadLetter {
  return {
    messageId: id ?? "",
    identity: identity ?? "",
    code: deadCodeIn(code),
    reason: reason ?? "",
    attempts: Number(attempts),
    contentType: contentType ?? "",
    sentAt: Number(sentAt),
    diedAt: Number(diedAt),
    payload: bytesIn(payload),
  };
}

/** A code that a later release has stored is none of ours. */
export function deadCodeIn(text: string | null | undefined): DeadCode {
  return CODES.find((code) => code === text) ?? "DEAD_LETTERED";
}
