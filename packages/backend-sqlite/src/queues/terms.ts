/** For how long what is leased is leased: what was handed out, or extended, together has one term. */

import type { Store } from "../store/store.ts";
import { isIn, isInFront, gathered, type Key } from "./keys.ts";
import { type OfIdentity, promote } from "./lanes.ts";

/** Identity, seq and term. */
type Leased = readonly [identity: string, seq: number, term: number];

const LEASED = `
  select json_group_array(json_array(q.identity, q.seq, q.term))
  from (select distinct value ->> 0 as identity from json_each(?2)) k cross join muster_queue q
    on q.space = ?1 and q.identity = k.identity and ${isInFront("k.identity")}
  where q.term is not null`;

const FREE = `update muster_queue set term = null where ${isIn("?1", "?2")}`;

const RELEASE = `update muster_queue set term = null, attempts = attempts - 1, ended_as = 'release'
  where ${isIn("?1", "?2")}`;

/** What is leased begins a term, which ends with it. */
export function beginTerm(store: Store, space: number, term: number, until: number, keys: readonly Key[]): void {
  const held = JSON.stringify(keys.map(([identity, seq]) => [identity, seq]));
  store.run("insert into muster_terms values (?, ?, ?, ?, ?)", [space, term, until, keys.length, held]);
}

/** So many as are named are leased no longer by these terms. */
export function leaveTerms(store: Store, space: number, terms: readonly (number | null)[]): void {
  const counts = new Map<number, number>();
  for (const term of terms) if (term !== null) counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [term, count] of counts) {
    store.run("update muster_terms set size = size - ? where space = ? and term = ?", [count, space, term]);
    store.run("delete from muster_terms where space = ? and term = ? and size <= 0", [space, term]);
  }
}

/** Ends what is leased of these identities: with `counts` as if its time were out, else as by `release`. */
export function endLeases(store: Store, space: number, entries: readonly OfIdentity[], counts: boolean): void {
  const leased = gathered<Leased>(store.get(LEASED, [space, JSON.stringify(entries)]));
  if (leased.length === 0) return;
  store.run(counts ? FREE : RELEASE, [space, JSON.stringify(leased)]);
  leaveTerms(
    store,
    space,
    leased.map(([, , term]) => term),
  );
}

/** Comes before every write, so that none of them needs to look at the clock: leases and delays that are over have ended. */
export function passTime(store: Store, space: number): void {
  const now = store.now();
  for (const [term = null, held] of store.all("select term, held from muster_terms where space = ? and until <= ?", [
    space,
    now,
  ])) {
    store.run(`update muster_queue set term = null where ${isIn("?1", "?2")} and term = ?3`, [
      space,
      String(held),
      Number(term),
    ]);
    store.run("delete from muster_terms where space = ? and term = ?", [space, Number(term)]);
    promote(store, space, JSON.parse(String(held)) as readonly Key[]); // As it was written.
  }
  const due = store.all("update muster_queue set due = null where space = ? and due <= ? returning identity", [
    space,
    now,
  ]);
  promote(
    store,
    space,
    due.map(([identity]) => [String(identity)] as const),
  );
}

/** When time alone will do something next. */
export function nextInstant(store: Store, space: number): number {
  const [until = null, due = null] =
    store.get(
      `select (select min(until) from muster_terms where space = ?1),
        (select min(due) from muster_queue where space = ?1 and due is not null)`,
      [space],
    ) ?? [];
  return Math.min(Number(until ?? Number.POSITIVE_INFINITY), Number(due ?? Number.POSITIVE_INFINITY));
}
