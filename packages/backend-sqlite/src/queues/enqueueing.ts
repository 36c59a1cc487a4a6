/** The contract's `enqueueMany`. */

import type { DurableMessage } from "@muster/core/slots";
import type { Parameter, Store } from "../store/store.ts";
import type { Refusal } from "./failures.ts";
import { keepMessage } from "./messages.ts";
import type { Space } from "./space.ts";
import { nextNumber } from "./spaces.ts";
import { passTime } from "./terms.ts";

/** Identity and epoch. */
export type TargetKey = readonly [identity: string, epoch: number];

export interface EnqueueArgs extends Space {
  readonly message: DurableMessage;
  readonly targets: readonly TargetKey[];
  readonly ttlMs: number;
}

/** Each identity once; `?5` is the quota or null. Who has it already is left as it is. */
const ACCEPT = `
  insert into muster_deliveries (message, identity, seq, state, attempts, lease)
  select ?2, j.value ->> 0, ?3, 0, 0, 0
  from json_each(?4) j left join muster_attachments a on a.space = ?1 and a.identity = j.value ->> 0
  where (a.dropped is null or a.dropped < j.value ->> 1)
    and (?5 is null or ?5 > (select count(*) from (select 1 from muster_queue q
      where q.space = ?1 and q.identity = j.value ->> 0 and (q.expires_at > ?6 or q.term is not null) limit ?5)))
  on conflict do nothing`;

/** Whoever has nothing queued is next. */
const queue = (where: string): string => `
  insert into muster_queue (space, identity, seq, message, epoch, expires_at, attempts, lease, lane)
  select ?1, j.value ->> 0, ?3, ?2, j.value ->> 1, ?5, 0, 0, case
    when not exists (select 1 from muster_queue q where q.space = ?1 and q.identity = j.value ->> 0) then a.session end
  from json_each(?4) j left join muster_attachments a on a.space = ?1 and a.identity = j.value ->> 0
  where ${where}`;
const QUEUE_ALL = queue("true");
const QUEUE_ACCEPTED = queue(`exists (select 1 from muster_deliveries d
  where d.message = ?2 and d.identity = j.value ->> 0 and d.seq = ?3)`);

/** Their indices, and whether they have been dropped. */
const REFUSED = `
  select j.key, coalesce(a.dropped >= j.value ->> 1, 0)
  from json_each(?3) j left join muster_attachments a on a.space = ?1 and a.identity = j.value ->> 0
  where not exists (select 1 from muster_deliveries d where d.message = ?2 and d.identity = j.value ->> 0)
  order by j.key`;

/** In one transaction, in which nobody attaches, drops or forgets. */
export function enqueueMany(store: Store, args: EnqueueArgs): readonly Refusal[] {
  const { space, message, targets, ttlMs, trackingRetentionMs, maxQueued } = args;
  passTime(store, space);
  const now = store.now();
  // What a handler has done once is known for as long as it might come again.
  const keptMs = message.guarantee === "exactly-once" ? Math.max(ttlMs, trackingRetentionMs) : trackingRetentionMs;
  const number = keepMessage(store, space, message, now + keptMs);
  const unique = eachOnce(targets);
  const json = JSON.stringify(unique);
  const seq = nextNumber(store, space);
  const accepted = store.run(ACCEPT, [space, number, seq, json, maxQueued, now]);
  if (accepted > 0) {
    const values: readonly Parameter[] = [space, number, seq, json, now + ttlMs];
    store.run(accepted === unique.length ? QUEUE_ALL : QUEUE_ACCEPTED, values);
    const names = store.get("select min(value ->> 0), max(value ->> 0) from json_each(?)", [json]);
    store.run("insert into muster_pages values (?, ?, ?, ?, ?, ?)", [
      ...[space, seq, number],
      ...[String(names?.[0]), String(names?.[1]), now + ttlMs],
    ]);
  }
  if (accepted === unique.length) return [];
  return store
    .all(REFUSED, [space, number, JSON.stringify(targets)])
    .map(([index, isDropped]) => [Number(index), isDropped === 1 ? "UNREGISTERED" : "QUEUE_FULL"]);
}

/** The first of several counts. */
function eachOnce(targets: readonly TargetKey[]): readonly TargetKey[] {
  const byIdentity = new Map<string, TargetKey>();
  for (const target of targets) if (!byIdentity.has(target[0])) byIdentity.set(target[0], target);
  return byIdentity.size === targets.length ? targets : [...byIdentity.values()];
}
