/**
 * `outbox_backlog(sp)`: how many deliveries wait, and since when the oldest does, in ms. The first is read from an index alone,
 * which carries how many recipients a parcel has.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

export function outboxBacklogFunction(names: Names): string {
  return `
create function ${names.call("outbox_backlog")}(sp int, out deliveries bigint, out oldest_ms bigint)
language plpgsql stable ${BY_INDEX} as $$
declare
  now_ms bigint := ${names.call("clock_ms")}();
begin
  select coalesce(sum(p.count), 0) into deliveries from ${table(names, "parcels")} p
    where p.space = sp and p.expires_at > now_ms;
  select greatest(0, now_ms - m.started_at) into oldest_ms from (
    select s.multicast from ${table(names, "parcels")} s where s.space = sp and s.expires_at > now_ms order by s.parcel limit 1
  ) p cross join lateral (select * from ${table(names, "multicasts")} s where s.multicast = p.multicast limit 1) m;
end $$`;
}
