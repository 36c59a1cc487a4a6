/** The contract's `sweep`: at most so many of each kind, so that nobody waits for long. */

import type { Store } from "../store/store.ts";
import { end, EXPIRED, type Pending, PENDING } from "./ending.ts";
import { gathered } from "./keys.ts";
import { promote } from "./lanes.ts";
import type { Space } from "./space.ts";
import { passTime } from "./terms.ts";

export interface SweepArgs extends Space {
  readonly limit: number;
}

/** One transaction takes no longer than others can wait for. */
const MAX_ROWS = 5_000;
/** When a message whose retention is over is looked at again while something still needs it: soon, and not at once. */
const SOON_MS = 1_000;
const LATE_MS = 600_000;

export function sweep(store: Store, args: SweepArgs): number {
  const most = Math.min(Math.floor(args.limit), MAX_ROWS);
  if (!(most >= 1)) return 0;
  passTime(store, args.space);
  return (
    expirePages(store, args.space, most) +
    forgetLetters(store, args, most) +
    forgetMessages(store, args, most) +
    forgetDrops(store, args, most) +
    forgetSessions(store, args.space, most)
  );
}

const OF_PAGE = `
  select json_group_array(json(row)) from (
    select ${PENDING} as row from muster_deliveries d cross join muster_queue q
      on q.space = ?1 and q.identity = d.identity and q.seq = d.seq
    where d.message = ?3 and d.identity >= ?4 and d.identity <= ?5 and d.seq = ?2 and d.state = 0 and q.term is null
    limit ?6)`;

const HAS_MORE = `select 1 from muster_deliveries d
  where d.message = ? and d.identity >= ? and d.identity <= ? and d.seq = ? and d.state = 0 limit 1`;

/** What is past its TTL, page by page; what is leased may still be acknowledged. */
function expirePages(store: Store, space: number, most: number): number {
  let swept = 0;
  const pages = store.all(
    "select seq, message, first, last from muster_pages where space = ? and expires_at <= ? order by expires_at limit ?",
    [space, store.now(), most],
  );
  for (const [seq, message, first, last] of pages) {
    if (swept >= most) break;
    const [page, number, from, to] = [Number(seq), Number(message), String(first), String(last)];
    const rows = gathered<Pending>(store.get(OF_PAGE, [space, page, number, from, to, most - swept]));
    end(store, space, rows, EXPIRED);
    promote(store, space, rows);
    swept += rows.length;
    if (store.get(HAS_MORE, [number, from, to, page]) === undefined)
      store.run("delete from muster_pages where space = ? and seq = ?", [space, page]);
  }
  return swept;
}

function forgetLetters(store: Store, { space, deadLetterRetentionMs }: SweepArgs, most: number): number {
  return store.run(
    `delete from muster_dead_letters where (space, identity, id) in (
      select space, identity, id from muster_dead_letters where space = ? and died_at <= ? order by died_at limit ?)`,
    [space, store.now() - deadLetterRetentionMs, most],
  );
}

/** Outcomes of messages whose retention is over, then these messages, if nothing needs them. */
function forgetMessages(store: Store, args: SweepArgs, most: number): number {
  const now = store.now();
  const over = store.all(
    `select message from muster_messages where space = ?1 and check_at <= ?2 and known_until <= ?2
      order by check_at limit ?3`,
    [args.space, now, most],
  );
  let forgotten = 0;
  for (const [message] of over) {
    if (forgotten >= most) break;
    forgotten += forgetMessage(store, Number(message), args, most - forgotten);
  }
  return forgotten;
}

const OUTCOMES = "message = ?1 and state <> 0";

function forgetMessage(store: Store, message: number, { deadLetterRetentionMs }: SweepArgs, most: number): number {
  const removed = store.run(
    `delete from muster_deliveries where message = ?1 and identity in (
      select identity from muster_deliveries where ${OUTCOMES} limit ?2)`,
    [message, most],
  );
  if (store.get(`select 1 from muster_deliveries where ${OUTCOMES} limit 1`, [message]) !== undefined) return removed;
  store.run("delete from muster_multicasts where message = ?", [message]);
  const [isNeeded = null, until = null] =
    store.get(
      `select exists (select 1 from muster_deliveries where message = ?1)
          or exists (select 1 from muster_dead_letters where message = ?1),
        max(coalesce((select max(expires_at) from muster_pages where message = ?1), 0),
          coalesce((select max(died_at) + ?2 from muster_dead_letters where message = ?1), 0))`,
      [message, deadLetterRetentionMs],
    ) ?? [];
  if (isNeeded === 1) {
    const inMs = Math.min(LATE_MS, Math.max(SOON_MS, Number(until) - store.now()));
    store.run("update muster_messages set check_at = ? where message = ?", [store.now() + inMs, message]);
    return removed;
  }
  store.run("delete from muster_pages where message = ?", [message]);
  store.run("delete from muster_messages where message = ?", [message]);
  return removed + 1;
}

function forgetDrops(store: Store, { space, trackingRetentionMs }: SweepArgs, most: number): number {
  const values = [space, store.now() - trackingRetentionMs, most];
  const over = `(space, identity) in (
    select space, identity from muster_attachments where space = ? and dropped_at <= ? order by dropped_at limit ?)`;
  const removed = store.run(`delete from muster_attachments where session is null and ${over}`, values);
  store.run(`update muster_attachments set dropped = null, dropped_at = null where ${over}`, values);
  return removed;
}

/** Of those that nothing is attached to. */
function forgetSessions(store: Store, space: number, most: number): number {
  store.run(
    `delete from muster_sessions where session in (
      select s.session from muster_sessions s where s.space = ?
        and not exists (select 1 from muster_attachments a where a.session = s.session) limit ?)`,
    [space, most],
  );
  return 0;
}
