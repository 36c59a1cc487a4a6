/** Removing at once: `deleteMany`. */

import type { Call, DeleteKey, DeleteOutcome } from "@muster/core/slots";
import { decideMany } from "./batches.ts";
import { type Decision, type Knowledge, removed, restored, standingOf } from "./deciding.ts";
import type { Store } from "./store.ts";

/** The contract's `deleteMany`. What is left is a message that says so, until it is swept. */
export async function deleteMany(
  store: Store,
  keys: readonly DeleteKey[],
  call: Call,
): Promise<readonly DeleteOutcome[]> {
  return decideMany(store, keys, { operation: "deleteMany", decide }, call);
}

function decide(key: DeleteKey, knowledge: Knowledge): Decision<DeleteOutcome> {
  const found = knowledge.entries.find(key.identity);
  const standing = standingOf(found, knowledge);
  if (standing === "unsure") return "unsure";
  if (found === undefined || standing !== "live") return { outcome: "absent" };
  if ("epoch" in key ? found.epoch !== key.epoch : found.attempt !== key.attempt) return { outcome: "fenced" };
  const { line, ...rest } = removed(found);
  const before = found.expiresAt;
  const change = { ...rest, line: before === undefined ? line : { ...line, before } };
  return {
    write: {
      change,
      settle: ({ isLate, sequence }) =>
        // It had expired, and is to be reaped.
        isLate ? { outcome: "absent", undo: restored(found, key.identity, sequence) } : { outcome: "deleted" },
    },
  };
}
