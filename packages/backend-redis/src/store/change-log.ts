/** Following who changes, by the log that `scripts/changes.ts` describes. */

import type { RedisCall } from "../client.ts";
import { changesScript, followScript } from "../scripts/changes.ts";
import type { Namespace } from "./namespace.ts";
import { bytesIn, listIn, numberIn, textIn } from "./replies.ts";

/** For how long a log is kept that nobody follows any more, ms. */
export const KEPT_MS = 60_000;

type Store = Pick<Namespace, "client" | "keys">;

/** The id of an entry, which begins with the time in ms: everything up to it is known. */
export type LogPlace = string;

export interface Change {
  readonly identity: string;
  /** As it is now, or absent: nothing is known of that identity any more. */
  readonly stamp: Buffer | undefined;
}

export interface Changes {
  /** By the server's clock, epoch ms: no later than the stamps. */
  readonly now: number;
  /** Behind all that is told. */
  readonly place: LogPlace;
  /** There is more behind that place. */
  readonly hasMore: boolean;
  /** Of as many identities. */
  readonly changes: readonly Change[];
}

/** Has everything logged that changes from now on, and for a minute more. */
export async function follow({ client, keys }: Store, call: RedisCall): Promise<LogPlace> {
  return textIn(await client.run(followScript, [keys.changes], [String(KEPT_MS)], call));
}

/** What has changed behind a place; `undefined`: the log does not know all of it. */
export async function changesBehind(
  { client, keys }: Store,
  place: LogPlace,
  call: RedisCall,
): Promise<Changes | undefined> {
  const reply = await client.run(changesScript, [keys.changes, keys.stamps], [place], call, "bytes");
  if (reply === null) return undefined;
  const [now, last, hasMore, names, stamps] = listIn(reply);
  const known = listIn(stamps);
  const changes = listIn(names).map((name, index) => {
    const stamp = known[index] ?? undefined;
    return { identity: bytesIn(name).toString(), stamp: stamp === undefined ? undefined : bytesIn(stamp) };
  });
  return { now: numberIn(now), place: bytesIn(last).toString(), hasMore: hasMore === 1, changes };
}

/** Whether it is that place, or one behind it. */
export function isNoEarlier(place: LogPlace, other: LogPlace): boolean {
  const [ms = 0, sequence = 0] = place.split("-").map(Number);
  const [otherMs = 0, otherSequence = 0] = other.split("-").map(Number);
  return ms === otherMs ? sequence >= otherSequence : ms > otherMs;
}
