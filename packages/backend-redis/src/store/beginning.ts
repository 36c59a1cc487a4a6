/** Storing one entry that is new to the server: what most calls of `setMany` do, and one script does fastest. */

import { type Registration, SESSION_PREFIX, type SetEntry, type SetOutcome } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { beginScript } from "../scripts/begin.ts";
import { type Namespace, runIndexed, type WriterCatalogue } from "./namespace.ts";
import { listIn, textIn } from "./replies.ts";
import type { Draft } from "./set-arguments.ts";

/** Whether {@link begin} may be asked: it knows neither sessions nor anything that has been there before. */
export function mayBegin({ mode, identity, session, sessionBound }: SetEntry): boolean {
  return mode === "create" && !identity.startsWith(SESSION_PREFIX) && (session !== undefined || !sessionBound);
}

/** The outcome, or `undefined` where there is more to decide: then nothing has been stored. */
export async function begin(
  namespace: Namespace,
  { entry, record }: Draft,
  call: RedisCall,
): Promise<SetOutcome | undefined> {
  const argumentsFor = (catalogue: WriterCatalogue): readonly string[] => {
    const { identity, session, sessionBound, ttlMs, address, attempt, metadata } = entry;
    const { maxIdentities } = namespace;
    const all = [
      catalogue.version,
      maxIdentities === undefined ? "" : String(maxIdentities),
      identity,
      sessionBound ? `${SESSION_PREFIX}${session}` : "",
      session ?? "",
      ttlMs === undefined ? "" : String(ttlMs),
      address ?? "",
      attempt,
      record,
    ];
    if (catalogue.indexKeys.length > 0) all.push(catalogue.entriesOf(metadata));
    return all;
  };
  const reply = await runIndexed(namespace, beginScript, argumentsFor, call, "beginKeys");
  if (reply === null) return undefined;
  const [now, epoch] = listIn(reply);
  return { stored: startedAt(Number(textIn(now)), entry, Number(textIn(epoch))) };
}

/** What a script has stored for an entry that began a life at `now`. */
export function startedAt(now: number, entry: SetEntry, epoch: number): Registration {
  const { identity, session, address, ttlMs, metadata, attempt } = entry;
  const expiresAt = entry.sessionBound || ttlMs === undefined ? undefined : now + Math.ceil(ttlMs);
  return { identity, epoch, session, address, registeredAt: now, expiresAt, ttlMs, metadata, revision: 1, attempt };
}
