/** Storing entries: `setMany`. */

import {
  checkEntries,
  checkRecord,
  MusterError,
  type Registration,
  type SetEntry,
  type SetOutcome,
} from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, booleanArray, jsonbArray, type ReadRow, registrationIn, textArray } from "../codec.ts";
import { NAME } from "../errors.ts";
import { NAME_LIMITS, RECORD_LIMITS } from "./arguments.ts";
import { type Answer, sendBatch } from "./batches.ts";
import type { Namespace } from "./namespace.ts";

/** An entry, and its metadata as JSON text. */
interface Draft {
  readonly entry: SetEntry;
  readonly json: string;
}

/** The contract's `setMany`. */
export async function setMany(
  namespace: Namespace,
  entries: readonly SetEntry[],
  call: PostgresCall,
): Promise<readonly SetOutcome[]> {
  checkEntries(entries, NAME_LIMITS, NAME);
  const batch = {
    items: entries.map(draftOf),
    lengthOf: ({ json }: Draft) => json.length,
    send: async (drafts: readonly Draft[]) => send(namespace, drafts, call),
  };
  return sendBatch(batch, call);
}

function draftOf(entry: SetEntry): Draft {
  const json = JSON.stringify(entry.metadata);
  checkRecord(entry, json, RECORD_LIMITS, NAME);
  return { entry, json };
}

async function send(
  { client, name, quotaLock, maxIdentities, sql }: Namespace,
  drafts: readonly Draft[],
  call: PostgresCall,
): Promise<readonly Answer<SetOutcome>[]> {
  const entries = drafts.map(({ entry }) => entry);
  const values = [
    name,
    maxIdentities,
    quotaLock,
    textArray(entries.map(({ identity }) => identity)),
    jsonbArray(drafts.map(({ json }) => json)),
    textArray(entries.map(({ attempt }) => attempt)),
    textArray(entries.map(({ mode }) => (typeof mode === "object" ? "e" : mode === "create" ? "c" : "r"))),
    bigintArray(entries.map(({ mode }) => (typeof mode === "object" ? mode.epoch : undefined))),
    bigintArray(entries.map(({ mode }) => (typeof mode === "object" ? mode.revision : undefined))),
    bigintArray(entries.map(({ ttlMs }) => wholeMs(ttlMs))),
    textArray(entries.map(({ session }) => session)),
    textArray(entries.map(({ address }) => address)),
    booleanArray(entries.map(({ sessionBound }) => sessionBound)),
  ];
  const rows = await client.read(sql.setMany, values, call);
  return rows.map((row) => {
    const index = Number(row[0]) - 1;
    const draft = drafts[index];
    if (draft === undefined) throw unexpected(row);
    return [index, outcomeIn(row, draft.entry)];
  });
}

/** Never earlier than asked. */
export function wholeMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms);
}

/** See `set_many` for what a row tells. */
function outcomeIn(row: ReadRow, entry: SetEntry): SetOutcome {
  switch (row[1]) {
    case "n":
      return { stored: storedIn(row, entry) };
    case "a":
      return { stored: standingIn(row, entry) ?? storedIn(row, entry) };
    case "x":
      return refusedBy("exists", row, entry);
    case "f":
      return refusedBy("fenced", row, entry);
    case "c":
      return refusedBy("conflict", row, entry);
    case "s":
      return { refused: "session" };
    case "q":
      return { refused: "quota" };
    default:
      throw unexpected(row);
  }
}

/** What was written now: the caller's own, and what the server has added. */
function storedIn(row: ReadRow, entry: SetEntry): Registration {
  const { identity, metadata, session, address, ttlMs, attempt } = entry;
  const [, , epoch, revision, registeredAt, expiresAt] = row as StoredRow;
  return {
    identity,
    epoch,
    session,
    address,
    registeredAt,
    expiresAt: expiresAt ?? undefined,
    ttlMs: wholeMs(ttlMs),
    metadata,
    revision,
    attempt,
  };
}

type StoredRow = readonly [
  index: number,
  verdict: string,
  epoch: number,
  revision: number,
  registeredAt: number,
  expiresAt: number | null,
];

function standingIn(row: ReadRow, { identity }: SetEntry): Registration | undefined {
  const [, , epoch, revision, registeredAt, expiresAt, ttlMs, session, address, attempt, metadata] = row;
  if (epoch === null) return undefined;
  return registrationIn([
    ...[identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision],
    ...[attempt, metadata],
  ]);
}

function refusedBy(refused: "exists" | "fenced" | "conflict", row: ReadRow, entry: SetEntry): SetOutcome {
  const current = standingIn(row, entry);
  return current === undefined ? { refused } : { refused, current };
}

function unexpected(row: ReadRow): MusterError<"INTERNAL"> {
  const message = `the server's function answers what this release does not know: ${JSON.stringify(row)}`;
  return new MusterError({ code: "INTERNAL", source: `${NAME}.setMany`, message, mayHaveApplied: true });
}
