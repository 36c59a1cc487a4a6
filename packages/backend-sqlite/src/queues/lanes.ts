/** What is due: the first of each recipient's queue, in the lane of the session that it is attached to. */

import type { Store } from "../store/store.ts";
import { MAX_EACH } from "./keys.ts";

/**
 * After whatever may have made another row the first one of these identities, or has freed them; `?2` is a JSON array of arrays
 * that begin with an identity.
 */
const PROMOTE = `
  update muster_queue set lane = (select a.session from muster_attachments a
    where a.space = muster_queue.space and a.identity = muster_queue.identity)
  where (space, identity, seq) in (
      select ?1, k.identity, (select q.seq from muster_queue q
        where q.space = ?1 and q.identity = k.identity order by q.seq limit 1)
      from (select distinct value ->> 0 as identity from json_each(?2)) k)
    and lane is null and due is null and term is null
    and not exists (select 1 from (select f.term from muster_queue f
      where f.space = muster_queue.space and f.identity = muster_queue.identity order by f.seq limit ${MAX_EACH})
      where term is not null)`;

const CLEAR = `
  update muster_queue set lane = null
  where (space, identity, seq) in (
      select ?1, k.identity, (select q.seq from muster_queue q
        where q.space = ?1 and q.identity = k.identity order by q.seq limit 1)
      from (select distinct value ->> 0 as identity from json_each(?2)) k)
    and lane is not null`;

export type OfIdentity = readonly [identity: string, ...unknown[]];

export function promote(store: Store, space: number, entries: readonly OfIdentity[]): void {
  if (entries.length > 0) store.run(PROMOTE, [space, JSON.stringify(entries)]);
}

/** Nobody is handed anything of these. */
export function clear(store: Store, space: number, entries: readonly OfIdentity[]): void {
  if (entries.length > 0) store.run(CLEAR, [space, JSON.stringify(entries)]);
}
