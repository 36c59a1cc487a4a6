/** The contract's `settleMany` and `extendMany`. */

import type { Settlement } from "@muster/core/slots";
import type { Store } from "../store/store.ts";
import { bury, end, type Pending, PENDING } from "./ending.ts";
import type { Refusal } from "./failures.ts";
import { gathered, isIn } from "./keys.ts";
import { promote } from "./lanes.ts";
import { type Receipt, readReceipt } from "./receipts.ts";
import type { Space } from "./space.ts";
import { nextNumber } from "./spaces.ts";
import { beginTerm, leaveTerms, passTime } from "./terms.ts";

export interface SettleArgs extends Space {
  readonly settlements: readonly Settlement[];
}

export interface ExtendArgs extends Space {
  readonly receipts: readonly string[];
  readonly leaseMs: number;
}

/** Nobody has attached the identity of `q` since it was leased. */
const ATTACHED_AS_IT_WAS = `not exists (select 1 from muster_attachments a
  where a.space = ?1 and a.identity = q.identity and a.number > q.lease)`;

const HELD = `
  select json_group_array(json_array(j.key, ${PENDING})) from json_each(?2) j cross join muster_queue q
    on q.space = ?1 and q.identity = j.value ->> 0 and q.seq = j.value ->> 1
  where q.lease = j.value ->> 2 and q.ended_as is null and ${ATTACHED_AS_IT_WAS}`;

/**
 * The rows that receipts can still settle, by their positions. The end of a lease alone does not make a receipt worthless, as
 * long as the delivery has been leased to nobody else since, and its identity is attached as it was.
 */
export function heldBy(
  store: Store,
  space: number,
  receipts: readonly (Receipt | undefined)[],
): ReadonlyMap<number, Pending> {
  const keys = receipts.map((receipt) => (receipt ? [receipt.identity, receipt.seq, receipt.lease] : []));
  return new Map(gathered<readonly [number, Pending]>(store.get(HELD, [space, JSON.stringify(keys)])));
}

/** Settles each as said; what is said a second time in one call counts as said again. */
export function settleMany(store: Store, { space, settlements }: SettleArgs): readonly Refusal[] {
  passTime(store, space);
  const receipts = settlements.map(({ receipt }) => readReceipt(receipt));
  const held = heldBy(store, space, firstOfEach(settlements, receipts));
  const acked: Pending[] = [];
  for (const [index, row] of held) {
    const settlement = settlements[index];
    if (settlement?.as === "ack") acked.push(row);
    else if (settlement !== undefined) apply(store, space, row, settlement);
  }
  end(store, space, acked, { state: 1, as: "ack" });
  const rows = [...held.values()];
  leaveTerms(
    store,
    space,
    rows.map((row) => row[6]),
  );
  promote(store, space, rows);
  if (held.size === settlements.length) return [];
  return settlements.flatMap(({ as }, index): readonly Refusal[] =>
    held.has(index) || isSettledAs(store, space, receipts[index], as) ? [] : [[index, "FENCED"]],
  );
}

function apply(
  store: Store,
  space: number,
  row: Pending,
  settlement: Exclude<Settlement, { readonly as: "ack" }>,
): void {
  if (settlement.as === "dead") return bury(store, space, [row], settlement, "dead");
  const { as } = settlement;
  const delayMs = as === "retry" ? (settlement.delayMs ?? 0) : 0;
  store.run(
    `update muster_queue set term = null, ended_as = ?4, due = ?5, attempts = attempts - ?6
      where space = ?1 and identity = ?2 and seq = ?3`,
    [space, row[0], row[1], as, delayMs > 0 ? store.now() + delayMs : undefined, as === "release" ? 1 : 0],
  );
}

function firstOfEach(
  settlements: readonly Settlement[],
  receipts: readonly (Receipt | undefined)[],
): readonly (Receipt | undefined)[] {
  const seen = new Set<string>();
  return receipts.map((receipt, index) => {
    const text = settlements[index]?.receipt ?? "";
    if (seen.has(text)) return undefined;
    seen.add(text);
    return receipt;
  });
}

/** Said again, unless a later attachment has come between. */
function isSettledAs(store: Store, space: number, receipt: Receipt | undefined, as: Settlement["as"]): boolean {
  if (receipt === undefined) return false;
  const { lease, message, seq, identity } = receipt;
  const pending = store.get(
    `select q.lease = ?4 and q.ended_as = ?5 and ${ATTACHED_AS_IT_WAS} from muster_queue q
      where q.space = ?1 and q.identity = ?2 and q.seq = ?3`,
    [space, identity, seq, lease, as],
  );
  if (pending !== undefined) return pending[0] === 1;
  const ended = store.get(
    `select 1 from muster_deliveries d cross join muster_messages m on m.message = d.message
      where m.space = ?1 and d.message = ?2 and d.identity = ?3 and d.seq = ?4 and d.lease = ?5 and d.ended_as = ?6`,
    [space, message, identity, seq, lease, as],
  );
  return ended !== undefined;
}

/** Only what is still leased: what has come back may be anybody's by the time the answer arrives. */
export function extendMany(store: Store, { space, receipts, leaseMs }: ExtendArgs): readonly Refusal[] {
  passTime(store, space);
  const held = heldBy(store, space, receipts.map(readReceipt));
  const rows = [...new Map([...held.values()].map((row) => [`${row[1]}.${row[0]}`, row])).values()];
  const leased = rows.filter((row) => row[6] !== null);
  if (leased.length > 0) {
    const term = nextNumber(store, space);
    const keys = leased.map(([identity, seq]) => [identity, seq] as const);
    store.run(`update muster_queue set term = ?3 where ${isIn("?1", "?2")}`, [space, JSON.stringify(keys), term]);
    leaveTerms(
      store,
      space,
      leased.map((row) => row[6]),
    );
    beginTerm(store, space, term, store.now() + leaseMs, keys);
  }
  return receipts.flatMap((_, index): readonly Refusal[] => {
    const row = held.get(index);
    return row !== undefined && row[6] !== null ? [] : [[index, "FENCED"]];
  });
}
