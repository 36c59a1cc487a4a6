/**
 * `take_parcels(sp, sh, le, most, most_bytes)`: the contract's `take`, of as many recipients, and no more bytes of payloads
 * than that, where one parcel alone is no more. Answers a row for each parcel, oldest first: its number, that of its
 * multicast, what is left of its time, attempts, identities and epochs as JSON, then what its multicast says, the payload only
 * where that is another one than in the row before. A row without a number: the lease is over.
 *
 * It sees one moment, and changes nothing, so it takes no lock: whoever loses the lease behind it settles nothing.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

/**
 * What waits, in order: what is ready lies so; what has been delayed is found by when it is due, and put in order then. Without
 * the fence the server would look for that among all that waits, which lies in order already.
 */
const waiting = (names: Names): string => `
      (select p.parcel, p.multicast, p.count from ${table(names, "parcels")} p
        where p.space = sp and p.shard = sh and p.due is null and p.expires_at > now_ms order by p.parcel)
      union all
      (select d.* from (
        select p.parcel, p.multicast, p.count from ${table(names, "parcels")} p
        where p.space = sp and p.shard = sh and p.due <= now_ms and p.expires_at > now_ms offset 0
      ) d order by d.parcel)
      order by parcel limit most`;

export function takeParcelsFunction(names: Names): string {
  return `
create function ${names.call("take_parcels")}(sp int, sh int, le bigint, most bigint, most_bytes bigint)
returns table (
  parcel bigint, multicast bigint, ttl bigint, attempts int, identities text, epochs text, id text, content_type text,
  sent_at float8, once boolean, reply_to text, payload bytea, idempotency_key text, digest text, filter text, ttl_ms bigint
) language plpgsql stable ${BY_INDEX} as $$
#variable_conflict use_column
declare
  now_ms bigint := ${names.call("clock_ms")}();
  chosen bigint[] := '{}';
  one record;
begin
  perform from ${table(names, "shards")} s where s.space = sp and s.shard = sh and s.lease = le and s.until > now_ms;
  if not found then
    parcel := null;
    return next;
    return;
  end if;
  for one in
    select w.parcel, w.count, w.multicast, octet_length(m.payload) as bytes from (${waiting(names)}
    ) w cross join lateral (select s.payload from ${table(names, "multicasts")} s where s.multicast = w.multicast limit 1) m
  loop
    most := most - one.count;
    most_bytes := most_bytes - one.bytes;
    exit when cardinality(chosen) > 0 and (most < 0 or most_bytes < 0);
    chosen := chosen || one.parcel;
  end loop;
  return query
    select p.parcel, m.multicast, p.expires_at - now_ms, p.attempts, array_to_json(p.identities)::text,
      array_to_json(p.epochs)::text, m.id, m.content_type, m.sent_at, m.once, m.reply_to,
      case when m.multicast is distinct from lag(m.multicast) over (order by c.n) then m.payload end,
      m.idempotency_key, m.digest, m.filter, m.ttl_ms
    from unnest(chosen) with ordinality as c(parcel, n)
    cross join lateral (select * from ${table(names, "parcels")} s where s.space = sp and s.parcel = c.parcel limit 1) p
    cross join lateral (select * from ${table(names, "multicasts")} s where s.multicast = p.multicast limit 1) m
    order by c.n;
end $$`;
}
