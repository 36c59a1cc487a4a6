/** What holds of the tables of the queues between any two transactions, whoever died in the middle of which. */

import type { Store } from "../../src/store/store.ts";

/** Each: what it would mean if a row came of it. */
const BROKEN: Readonly<Record<string, string>> = {
  "something is queued that is not known to be pending": `
    select q.identity from muster_queue q left join muster_deliveries d on d.message = q.message and d.identity = q.identity
    where d.state is not 0 or d.seq is not q.seq`,
  "something is pending and not queued": `
    select d.identity from muster_deliveries d join muster_messages m on m.message = d.message
      left join muster_queue q on q.space = m.space and q.identity = d.identity and q.seq = d.seq
    where d.state = 0 and q.seq is null`,
  "something has no message": `
    select d.identity from muster_deliveries d where d.message not in (select message from muster_messages)
    union all select l.identity from muster_dead_letters l where l.message not in (select message from muster_messages)`,
  "something pending is of no page, and will never expire": `
    select q.identity from muster_queue q left join muster_pages p on p.space = q.space and p.seq = q.seq
    where p.seq is null or q.identity < p.first or q.identity > p.last`,
  "something is leased for ever": `
    select q.identity from muster_queue q left join muster_terms t on t.space = q.space and t.term = q.term
    where q.term is not null and t.term is null`,
  "a term counts wrong": `
    select t.term from muster_terms t
    where t.size <> (select count(*) from muster_queue q where q.space = t.space and q.term = t.term)`,
  "something of nobody is leased": `
    select q.identity from muster_queue q left join muster_attachments a on a.space = q.space and a.identity = q.identity
    where q.term is not null and a.session is null`,
  "someone who could be handed something is not, or the other way round": `
    select q.identity from muster_queue q left join muster_attachments a on a.space = q.space and a.identity = q.identity
    where q.lane is not case when q.due is null and q.seq = (select min(f.seq) from muster_queue f
        where f.space = q.space and f.identity = q.identity)
      and not exists (select 1 from muster_queue f
        where f.space = q.space and f.identity = q.identity and f.term is not null) then a.session end`,
};

/** What is wrong; nothing is. */
export function brokenIn(store: Store): readonly string[] {
  return Object.entries(BROKEN).flatMap(([meaning, query]) =>
    store.all(query).map(([subject]) => `${meaning}: ${String(subject)}`),
  );
}
