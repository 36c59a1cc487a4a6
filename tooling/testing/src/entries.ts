import { randomUUID } from "node:crypto";
import type { SetEntry } from "@muster/core/slots";

/** Creates a registration without session, address or TTL, by an attempt of its own. */
export function entry(identity: string, changes: Partial<SetEntry> = {}): SetEntry {
  return {
    identity,
    metadata: {},
    ttlMs: undefined,
    session: undefined,
    address: undefined,
    sessionBound: false,
    attempt: randomUUID(),
    mode: "create",
    ...changes,
  };
}
