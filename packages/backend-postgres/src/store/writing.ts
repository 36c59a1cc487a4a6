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
import {
  bigintArray,
  booleanArray,
  jsonbArray,
  optionalNumber,
  registrationIn,
  type Row,
  textArray,
} from "../codec.ts";
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
  const rows = await client.query(sql.setMany, values, call);
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
function outcomeIn(row: Row, entry: SetEntry): SetOutcome {
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
function storedIn(row: Row, entry: SetEntry): Registration {
  const { identity, metadata, session, address, ttlMs, attempt } = entry;
  return {
    identity,
    epoch: Number(row[2]),
    session,
    address,
    registeredAt: Number(row[4]),
    expiresAt: optionalNumber(row[5]),
    ttlMs: wholeMs(ttlMs),
    metadata,
    revision: Number(row[3]),
    attempt,
  };
}

function standingIn(row: Row, { identity }: SetEntry): Registration | undefined {
  const [, , epoch = null, revision = null, registeredAt = null, expiresAt = null, ttlMs = null] = row;
  const [session = null, address = null, attempt = null, metadata = null] = row.slice(7);
  if (epoch === null) return undefined;
  return registrationIn([
    ...[identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision],
    ...[attempt, metadata],
  ]);
}

function refusedBy(refused: "exists" | "fenced" | "conflict", row: Row, entry: SetEntry): SetOutcome {
  const current = standingIn(row, entry);
  return current === undefined ? { refused } : { refused, current };
}

function unexpected(row: Row): MusterError<"INTERNAL"> {
  const message = `the server's function answers what this release does not know: ${JSON.stringify(row)}`;
  return new MusterError({ code: "INTERNAL", source: `${NAME}.setMany`, message, mayHaveApplied: true });
}
