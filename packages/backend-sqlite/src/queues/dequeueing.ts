/** The contract's `dequeue`. */

import type { DequeueOptions, DurableMessage, Leased } from "@muster/core/slots";
import type { Store } from "../store/store.ts";
import { expire } from "./ending.ts";
import { gathered, isIn, MAX_EACH } from "./keys.ts";
import { CONTENTS, messageIn } from "./messages.ts";
import { receiptOf } from "./receipts.ts";
import type { Space } from "./space.ts";
import { nextNumber, sessionNumber } from "./spaces.ts";
import { beginTerm, nextInstant, passTime } from "./terms.ts";

export interface DequeueArgs extends Space, DequeueOptions {
  readonly session: string;
}

/** A row that could be handed out; `epoch` is that of the attachment, `due` when it can be at last. */
type Candidate = readonly [
  identity: string,
  seq: number,
  message: number,
  attempts: number,
  epoch: number,
  isOver: 0 | 1,
  due: number | null,
];

/** Of each that is next in the lane `?2`, it and what is behind it; the oldest of all. */
const CANDIDATES = `
  with next as materialized (
    select identity, seq from muster_queue where lane = ?2 order by seq, identity limit ?3
  )
  select json_group_array(json_array(c.identity, c.seq, c.message, c.attempts, a.epoch, c.expires_at <= ?5, c.due))
  from (
    select q.identity, q.seq, q.message, q.attempts, q.expires_at, q.due from next n cross join muster_queue q
      on q.space = ?1 and q.identity = n.identity and q.seq >= n.seq
      and q.seq <= coalesce((select b.seq from muster_queue b where b.space = ?1 and b.identity = n.identity
        order by b.seq limit 1 offset ?4 - 1), ${Number.MAX_SAFE_INTEGER})
    order by q.seq, q.identity limit ?3
  ) c cross join muster_attachments a on a.space = ?1 and a.identity = c.identity`;

const LEASE = `update muster_queue set lane = null, lease = ?3, term = ?3, attempts = attempts + 1, ended_as = null
  where ${isIn("?1", "?2")}`;

/** When there may be something to hand out; what is past: now. Infinity: not unless somebody brings it about. */
export function dueAt(store: Store, { space, session }: DequeueArgs): number {
  const own = sessionNumber(store, space, session);
  if (own === 0) return Number.POSITIVE_INFINITY;
  if (store.get("select 1 from muster_queue where lane = ? limit 1", [own]) !== undefined) return 0;
  return nextInstant(store, space);
}

export function dequeue(store: Store, args: DequeueArgs): readonly Leased[] {
  const { space, session, leaseMs } = args;
  const own = sessionNumber(store, space, session);
  if (own === 0) return [];
  passTime(store, space);
  const chosen = choose(store, own, args);
  if (chosen.length === 0) return [];
  const lease = nextNumber(store, space);
  const keys = chosen.map(([identity, seq]) => [identity, seq] as const);
  store.run(LEASE, [space, JSON.stringify(keys), lease]);
  beginTerm(store, space, lease, store.now() + leaseMs, keys);
  return groupsOf(store, chosen, lease);
}

/** What is past its TTL ends, and makes room for what is behind it, until nothing of what could be handed out is. */
function choose(store: Store, own: number, { space, max, maxPerIdentity }: DequeueArgs): readonly Candidate[] {
  const most = Math.floor(max);
  const each = Math.min(Math.floor(maxPerIdentity), MAX_EACH);
  for (;;) {
    const candidates = gathered<Candidate>(store.get(CANDIDATES, [space, own, most, each, store.now()]));
    const over = candidates.filter((candidate) => candidate[5] === 1);
    if (over.length === 0) return beforeDelays(candidates);
    expire(store, space, over);
  }
}

/** What waits for its delay keeps back what is behind it. */
function beforeDelays(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.every((candidate) => candidate[6] === null)) return candidates;
  const kept = new Set<string>();
  return candidates.filter((candidate) => {
    if (candidate[6] !== null) kept.add(candidate[0]);
    return !kept.has(candidate[0]);
  });
}

/** Recipients of one message, one after the other; a message that comes again after others has a second group. */
function groupsOf(store: Store, chosen: readonly Candidate[], lease: number): readonly Leased[] {
  const groups: { readonly number: number; readonly recipients: Leased["recipients"][number][] }[] = [];
  for (const [identity, seq, message, attempts, epoch] of chosen) {
    const last = groups.at(-1);
    const group = last?.number === message ? last : { number: message, recipients: [] };
    if (group !== last) groups.push(group);
    const receipt = receiptOf({ lease, message, seq, identity });
    group.recipients.push({ identity, epoch, receipt, attempt: attempts + 1 });
  }
  return groups.map(({ number, recipients }) => ({ message: contentsOf(store, number), recipients }));
}

function contentsOf(store: Store, number: number): DurableMessage {
  return messageIn(store.get(`select ${CONTENTS} from muster_messages m where m.message = ?`, [number]) ?? []);
}
