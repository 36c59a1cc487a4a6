/**
 * `before_handling(sp, lease, message, message_id, identity)`: whoever handles this delivery waits here for others who do, to
 * the end of the transaction. Answers what became of it: `d` it has been handled, `f` the lease is fenced, null: it goes on.
 *
 * It locks no row: whoever attaches or drops the identity meanwhile waits for no handler, and fences it.
 */

import type { Names } from "../../keys.ts";
import { BY_INDEX } from "../locking.ts";
import { table } from "./tables.ts";

export function beforeHandlingFunction(names: Names): string {
  return `
create function ${names.call("before_handling")}(sp int, lease bigint, message bigint, message_id text, identity text)
returns text language plpgsql ${BY_INDEX} as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(before_handling.identity, before_handling.message));
  return case
    when not exists (select from ${table(names, "messages")} m
      where m.message = before_handling.message and m.space = sp and m.id = message_id) then 'f'
    when exists (select from ${table(names, "outcomes")} o where o.message = before_handling.message
      and o.identity = before_handling.identity and o.state = 'd') then 'd'
    when not exists (select from ${table(names, "queue")} q where q.space = sp and q.identity = before_handling.identity
      and q.message = before_handling.message and (q.ended is null or q.ended < before_handling.lease)) then 'f'
  end;
end $$`;
}
