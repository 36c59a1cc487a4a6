/** Following who changes, by the log that `scripts/changes.ts` describes. */

import { randomUUID } from "node:crypto";
import type { RedisCall } from "../client.ts";
import { changesScript, followScript } from "../scripts/changes.ts";
import type { Namespace } from "./namespace.ts";
import { bytesIn, listIn, numberIn, textIn } from "./replies.ts";

/** For how long a log is kept that nobody follows any more, ms. */
export const KEPT_MS = 60_000;

type Store = Pick<Namespace, "client" | "keys">;

/** A place in one server's log: everything up to `version` is known. */
export interface LogPlace {
  readonly generation: string;
  readonly server: string;
  /** Decimal digits. */
  readonly version: string;
}

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
  readonly changes: readonly Change[];
}

/** Has everything logged that changes from now on, and for a minute more. */
export async function follow({ client, keys }: Store, call: RedisCall): Promise<LogPlace> {
  const reply = await client.run(followScript, [keys.changes], [randomUUID(), String(KEPT_MS)], call);
  const [generation, server, version] = listIn(reply).map(textIn);
  return { generation: generation ?? "", server: server ?? "", version: version ?? "" };
}

/** What has changed behind a place; `undefined`: the log does not know all of it. */
export async function changesBehind(
  { client, keys }: Store,
  place: LogPlace,
  call: RedisCall,
): Promise<Changes | undefined> {
  const args = [place.generation, place.server, place.version];
  const reply = await client.run(changesScript, [keys.changes, keys.stamps], args, call, "bytes");
  if (reply === null) return undefined;
  const [now, told, last, names, stamps] = listIn(reply);
  const version = bytesIn(told).toString();
  const known = listIn(stamps);
  const changes = listIn(names).map((name, index) => {
    const stamp = known[index] ?? undefined;
    return { identity: bytesIn(name).toString(), stamp: stamp === undefined ? undefined : bytesIn(stamp) };
  });
  return {
    now: numberIn(now),
    place: { ...place, version },
    hasMore: version !== bytesIn(last).toString(),
    changes,
  };
}
