/** The contract's `attachMany`, `detachMany` and `dropMany`. Each identity occurs once in what reaches a statement. */

import type { Store } from "../store/store.ts";
import { bury, expire, type Pending, PENDING, type Why } from "./ending.ts";
import type { TargetKey } from "./enqueueing.ts";
import type { Refusal } from "./failures.ts";
import { gathered } from "./keys.ts";
import { clear, type OfIdentity, promote } from "./lanes.ts";
import type { Space } from "./space.ts";
import { keepSession, nextNumber, sessionNumber } from "./spaces.ts";
import { endLeases, leaveTerms, passTime } from "./terms.ts";

export interface AttachArgs extends Space {
  readonly session: string;
  readonly targets: readonly TargetKey[];
}

export interface DetachArgs extends Space {
  readonly session: string;
  readonly identities: readonly string[];
}

export interface DropArgs extends Space {
  readonly targets: readonly TargetKey[];
  readonly why: Why;
}

type Standing = readonly [session: number | null, epoch: number | null, dropped: number | null];

const STANDING = `
  select json_group_array(json_array(a.session, a.epoch, a.dropped))
  from json_each(?2) j left join muster_attachments a on a.space = ?1 and a.identity = j.value ->> 0`;

const ATTACH = `
  insert into muster_attachments (space, identity, session, epoch, number)
  select ?1, value ->> 0, ?3, value ->> 1, ?4 from json_each(?2) where true
  on conflict (space, identity) do update
  set session = excluded.session, epoch = excluded.epoch, number = excluded.number`;

export function attachMany(store: Store, { space, session, targets }: AttachArgs): readonly Refusal[] {
  passTime(store, space);
  const own = keepSession(store, space, session);
  const refusals: Refusal[] = [];
  for (const round of roundsOf(targets)) {
    const standings = standingsOf(
      store,
      space,
      round.map(([, target]) => target),
    );
    const coming: TargetKey[] = [];
    const moving: TargetKey[] = [];
    for (const [n, [index, target]] of round.entries()) {
      const [holder, epoch, dropped] = standings[n] ?? [null, null, null];
      if ((dropped ?? 0) >= target[1] || (holder !== null && (epoch ?? 0) > target[1]))
        refusals.push([index, "FENCED"]);
      else if (holder !== own || epoch !== target[1]) {
        coming.push(target);
        if (holder !== null) moving.push(target);
      }
    }
    if (coming.length === 0) continue;
    // Whoever held them may have died of them.
    leave(store, space, moving, true);
    store.run(ATTACH, [space, JSON.stringify(coming), own, nextNumber(store, space)]);
    promote(store, space, coming);
  }
  return refusals.sort(([one], [other]) => one - other);
}

export function detachMany(store: Store, { space, session, identities }: DetachArgs): void {
  passTime(store, space);
  const own = sessionNumber(store, space, session);
  const named = [...new Set(identities)].map((identity): OfIdentity => [identity]);
  const standings = standingsOf(store, space, named);
  const going = named.filter((_, index) => own !== 0 && standings[index]?.[0] === own);
  leave(store, space, going, false);
  forget(store, space, going);
}

/** Ends what was enqueued for the lives up to these epochs, and remembers that it has. */
export function dropMany(store: Store, { space, targets, why }: DropArgs): void {
  passTime(store, space);
  for (const round of roundsOf(targets))
    drop(
      store,
      space,
      round.map(([, target]) => target),
      why,
    );
}

const DROP = `
  insert into muster_attachments (space, identity, dropped, dropped_at)
  select ?1, value ->> 0, value ->> 1, ?3 from json_each(?2) where true
  on conflict (space, identity) do update
  set dropped = max(coalesce(dropped, 0), excluded.dropped), dropped_at = excluded.dropped_at`;

const DROPPED = `
  select json_group_array(${PENDING}) from json_each(?2) j cross join muster_queue q
    on q.space = ?1 and q.identity = j.value ->> 0
  where q.epoch <= j.value ->> 1`;

function drop(store: Store, space: number, targets: readonly TargetKey[], why: Why): void {
  const standings = standingsOf(store, space, targets);
  const going = targets.filter(([, epoch], index) => {
    const [holder, attached] = standings[index] ?? [null, null];
    return holder !== null && (attached ?? 0) <= epoch;
  });
  leave(store, space, going, true);
  const json = JSON.stringify(targets);
  store.run(DROP, [space, json, store.now()]);
  forget(store, space, going);
  expire(store, space, targets);
  const dropped = gathered<Pending>(store.get(DROPPED, [space, json]));
  bury(store, space, dropped, why);
  leaveTerms(
    store,
    space,
    dropped.map((row) => row[6]),
  );
  promote(store, space, dropped);
}

function leave(store: Store, space: number, going: readonly OfIdentity[], counts: boolean): void {
  if (going.length === 0) return;
  endLeases(store, space, going, counts);
  clear(store, space, going);
}

/** Of whom nothing else is to be known nothing is left. */
function forget(store: Store, space: number, going: readonly OfIdentity[]): void {
  if (going.length === 0) return;
  const json = JSON.stringify(going);
  const named = "space = ?1 and identity in (select value ->> 0 from json_each(?2))";
  store.run(`delete from muster_attachments where ${named} and dropped is null`, [space, json]);
  store.run(`update muster_attachments set session = null, epoch = null, number = null where ${named}`, [space, json]);
}

function standingsOf(store: Store, space: number, entries: readonly OfIdentity[]): readonly Standing[] {
  return gathered<Standing>(store.get(STANDING, [space, JSON.stringify(entries)]));
}

/** With their positions; the second time an identity occurs is in another round. */
function roundsOf(targets: readonly TargetKey[]): readonly (readonly (readonly [number, TargetKey])[])[] {
  const rounds: (readonly [number, TargetKey])[][] = [];
  const seen = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    const round = seen.get(target[0]) ?? 0;
    seen.set(target[0], round + 1);
    rounds[round] ??= [];
    rounds[round].push([index, target]);
  }
  return rounds;
}
