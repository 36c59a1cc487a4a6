/** Storing one entry that is new to the server: what most calls of `setMany` do, and one script does fastest. */

import { type Registration, SESSION_PREFIX, type SetEntry, type SetOutcome } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { stampEnd } from "../codec.ts";
import { beginScript } from "../scripts/begin.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { Namespace } from "./namespace.ts";
import { listIn, textIn } from "./replies.ts";
import type { Draft } from "./set-arguments.ts";

/** Of a millisecond. */
const MICROSECONDS = 1_000;

/** Whether {@link begin} may be asked: it knows neither sessions nor anything that has been there before. */
export function mayBegin({ mode, identity, session, sessionBound }: SetEntry): boolean {
  return mode === "create" && !identity.startsWith(SESSION_PREFIX) && (session !== undefined || !sessionBound);
}

/** The outcome, or `undefined` where there is more to decide: then nothing has been stored. */
export async function begin(
  { client, catalogue, maxIdentities }: Namespace,
  { entry, record }: Draft,
  call: RedisCall,
): Promise<SetOutcome | undefined> {
  const { identity, session, sessionBound, ttlMs, metadata } = entry;
  while (true) {
    const all = [
      catalogue.version,
      maxIdentities === undefined ? "" : String(maxIdentities),
      identity,
      session ?? "",
      sessionBound ? `${SESSION_PREFIX}${session}` : "",
      sessionBound || ttlMs === undefined ? "" : String(ttlMs),
      stampEnd(entry, record),
      record,
    ];
    if (catalogue.indexKeys.length > 0) all.push(catalogue.entriesOf(metadata));
    const reply = await client.run(beginScript, catalogue.beginKeys, all, call);
    if (reply === STALE_CATALOGUE) await catalogue.reload(call);
    else return reply === null ? undefined : { stored: storedAs(reply, entry) };
  }
}

/** By what the script has answered, which tells the time only where the epoch does not. */
function storedAs(reply: unknown, entry: SetEntry): Registration {
  if (typeof reply === "number") return startedAt(Math.floor(reply / MICROSECONDS), entry, reply);
  const [now, epoch] = listIn(reply);
  return startedAt(Number(textIn(now)), entry, Number(textIn(epoch)));
}

/** What a script has stored for an entry that began a life at `now`. */
export function startedAt(now: number, entry: SetEntry, epoch: number): Registration {
  const { identity, session, address, ttlMs, metadata, attempt } = entry;
  const expiresAt = entry.sessionBound || ttlMs === undefined ? undefined : now + Math.ceil(ttlMs);
  return { identity, epoch, session, address, registeredAt: now, expiresAt, ttlMs, metadata, revision: 1, attempt };
}
