/**
 * `lease_shards(sp, own, lease_ms)`: the contract's `leaseShards`. Answers `(shard, lease)` of all that the relay has now.
 *
 * Atomic under the lock of the namespace's shards, so that all who ask within their leases share the same shards: as many each
 * as the others, and those who came first one more where it doesn't come out even.
 *
 * `release_shards(sp, own)`: the contract's `releaseShards`.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { haveShards } from "./locks.ts";
import { table } from "./tables.ts";

const leaseShards = (names: Names): string => `
create function ${names.call("lease_shards")}(sp int, own text, lease_ms bigint)
returns table (shard int, lease bigint) language plpgsql ${BY_INDEX} as $$
#variable_conflict use_column
declare
  now_ms bigint;
  relays bigint;
  place bigint;
  share bigint;
begin
  ${haveShards(names)};
  now_ms := ${names.call("clock_ms")}();
  delete from ${table(names, "relays")} r where r.space = sp and r.until <= now_ms;
  insert into ${table(names, "relays")} values (sp, own, nextval('${table(names, "leases")}'), now_ms + lease_ms)
    on conflict (space, relay) do update set until = excluded.until;
  select count(*), count(*) filter (where r.since < o.since) into relays, place
    from ${table(names, "relays")} r, ${table(names, "relays")} o
    where r.space = sp and o.space = sp and o.relay = own;
  select count(*) / relays + case when place < count(*) % relays then 1 else 0 end into share
    from ${table(names, "shards")} s where s.space = sp;
  update ${table(names, "shards")} s set until = case when h.n <= share then now_ms + lease_ms else 0 end
    from (
      select c.shard, row_number() over (order by c.shard) as n from ${table(names, "shards")} c
      where c.space = sp and c.relay = own and c.until > now_ms order by c.shard
    ) h where s.space = sp and s.shard = h.shard;
  update ${table(names, "shards")} s
    set relay = own, lease = nextval('${table(names, "leases")}'), until = now_ms + lease_ms
    from (
      select c.shard from ${table(names, "shards")} c where c.space = sp and c.until <= now_ms order by c.shard
      limit greatest(0, share - (select count(*) from ${table(names, "shards")} h
        where h.space = sp and h.relay = own and h.until > now_ms))
    ) f where s.space = sp and s.shard = f.shard;
  return query select s.shard, s.lease from ${table(names, "shards")} s
    where s.space = sp and s.relay = own and s.until > now_ms order by s.shard;
end $$`;

const releaseShards = (names: Names): string => `
create function ${names.call("release_shards")}(sp int, own text) returns void language plpgsql ${BY_INDEX} as $$
begin
  ${haveShards(names)};
  update ${table(names, "shards")} s set until = 0 where s.space = sp and s.relay = own and s.until > 0;
  delete from ${table(names, "relays")} r where r.space = sp and r.relay = own;
end $$`;

export function leaseFunctions(names: Names): readonly string[] {
  return [leaseShards(names), releaseShards(names)];
}
