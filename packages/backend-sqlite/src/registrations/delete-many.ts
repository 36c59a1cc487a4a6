/** Removing at once: the contract's `deleteMany`, for one batch. */

import type { DeleteKey, DeleteOutcome } from "@muster/core/slots";
import type { Store } from "../store/store.ts";
import { count } from "./counting.ts";
import { findLive, isSession } from "./standing.ts";

export interface DeleteManyArgs {
  readonly namespace: string;
  readonly keys: readonly DeleteKey[];
}

export function deleteMany(store: Store, { namespace, keys }: DeleteManyArgs): readonly DeleteOutcome[] {
  const now = store.now();
  let removed = 0;
  const outcomes = keys.map((key): DeleteOutcome => {
    const live = findLive(store, namespace, key.identity, now);
    if (live === undefined) return "absent";
    if ("epoch" in key ? live.epoch !== key.epoch : live.attempt !== key.attempt) return "fenced";
    remove(store, namespace, key.identity);
    if (!isSession(key.identity)) removed += 1;
    return "deleted";
  });
  count(store, namespace, -removed);
  return outcomes;
}

/** Leaves nothing of it. */
export function remove(store: Store, namespace: string, identity: string): void {
  store.run("delete from muster_registrations where namespace = ? and identity = ?", [namespace, identity]);
  store.run("delete from muster_metadata where namespace = ? and identity = ?", [namespace, identity]);
}
