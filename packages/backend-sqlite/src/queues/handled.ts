/** Handling a delivery together with its acknowledgement, as the file sees it. */

import type { Handling } from "../store/operation.ts";
import type { Foreign, ForeignResult, Store } from "../store/store.ts";
import { type Receipt, readReceipt } from "./receipts.ts";
import { heldBy, settleMany } from "./settling.ts";
import type { Space } from "./space.ts";

export interface HandledDelivery {
  readonly messageId: string;
  readonly identity: string;
  readonly receipt: string;
}

export interface DeliveryArgs extends Space {
  readonly delivery: HandledDelivery;
}

export interface QueryArgs extends Handling {
  readonly text: string;
  readonly values: readonly Foreign[];
}

/** `leased`: it can be handled. */
export type Verdict = "leased" | "duplicate" | "fenced";

/** What became of a first statement. */
export type Begun =
  | { readonly verdict: "leased"; readonly result: ForeignResult }
  | { readonly verdict: Exclude<Verdict, "leased"> };

/** That a delivery was acknowledged is all that needs to be noted of its having been handled. */
export function lookAtDelivery(store: Store, { space, delivery }: DeliveryArgs): Verdict {
  const { messageId, identity, receipt: text } = delivery;
  const receipt = readReceipt(text);
  if (receipt === undefined || receipt.identity !== identity || !isOf(store, space, receipt, messageId))
    return "fenced";
  const outcome = store.get("select state from muster_deliveries where message = ? and identity = ?", [
    receipt.message,
    identity,
  ]);
  if (outcome?.[0] === 1) return "duplicate";
  return heldBy(store, space, [receipt]).size === 1 ? "leased" : "fenced";
}

function isOf(store: Store, space: number, { message }: Receipt, id: string): boolean {
  return (
    store.get("select 1 from muster_messages where message = ? and space = ? and id = ?", [message, space, id]) !==
    undefined
  );
}

/** For a handler that has written nothing. */
export function acknowledgeHandled(store: Store, args: DeliveryArgs): Verdict {
  const verdict = lookAtDelivery(store, args);
  if (verdict === "leased") acknowledge(store, args);
  return verdict;
}

function acknowledge(store: Store, { delivery, ...space }: DeliveryArgs): void {
  settleMany(store, { ...space, settlements: [{ receipt: delivery.receipt, as: "ack" }] });
}

/**
 * The first statement. Others may have come between since the delivery was looked at: then it doesn't run. From now on nobody
 * can.
 */
export function beginHandling(store: Store, args: DeliveryArgs & QueryArgs): Begun {
  const verdict = lookAtDelivery(store, args);
  return verdict === "leased" ? { verdict, result: queryHandling(store, args) } : { verdict };
}

export function queryHandling(store: Store, { text, values }: QueryArgs): ForeignResult {
  return store.foreign(text, values);
}

export function finishHandling(store: Store, args: DeliveryArgs & Handling): void {
  acknowledge(store, args);
}
