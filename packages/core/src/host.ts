/** What the verbs that change something share, beside the {@link Context}: this process and all it keeps alive. */

import type { Agenda } from "./tasks/agenda.ts";
import type { Background } from "./tasks/background.ts";
import type { Gate } from "./call.ts";
import { type Batcher, createBatcher } from "./tasks/coalesce.ts";
import type { Context } from "./context.ts";
import type { LostReason } from "./fleet.ts";
import type { Limiter } from "./tasks/limiter.ts";
import type { DurableReceiver } from "./receiving/durable/durable-receiver.ts";
import type { AddressUse, Served, ServedTable } from "./life/served.ts";
import type { Session } from "./life/session.ts";
import { retry } from "./tasks/retry.ts";
import type {
  DeleteKey,
  DeleteOutcome,
  Lease,
  LeaseOutcome,
  RegistryBackend,
  SetEntry,
  SetOutcome,
} from "./slots/index.ts";

export interface Host extends Context {
  readonly gate: Gate;
  readonly session: Session;
  readonly served: ServedTable;
  /** Addresses of their own that registrations of this process hold. */
  readonly addresses: Map<string, AddressUse>;
  readonly batches: Batches;
  /** This process' end of the durability slot; absent without that slot. */
  readonly durable: DurableReceiver | undefined;
  readonly agenda: Agenda;
  readonly background: Background;
  /** How many lost registrations are being registered again at once. */
  readonly restores: Limiter;
  /** A live registration has ended without this process wanting it. Nothing for one that doesn't live. */
  lose(served: Served, reason: LostReason): void;
  /** An id that no other register or update has, anywhere. */
  nextAttempt(): string;
  /** Counts messages that full inboxes dropped. */
  countDropped(dropped: number): void;
}

/** Every write of this process goes through one of these. */
export interface Batches {
  readonly sets: Batcher<SetEntry, SetOutcome>;
  readonly leases: Batcher<Lease, LeaseOutcome>;
  readonly deletes: Batcher<DeleteKey, DeleteOutcome>;
}

/** @param onOrphan a registration may stand that nobody asks for any more. */
export function createBatches(
  registry: RegistryBackend,
  timeoutMs: number,
  onOrphan: (entry: SetEntry) => void,
): Batches {
  const key = (entry: { readonly identity: string }): string => entry.identity;
  return {
    sets: createBatcher<SetEntry, SetOutcome>({
      source: "core.setMany",
      key,
      timeoutMs,
      send: (entries, call) => registry.setMany(entries, call),
      onAbandoned: (entry, outcome) => {
        const stands = outcome === undefined || "stored" in outcome;
        // An update that its caller gave up keeps what it has written.
        if (stands && typeof entry.mode === "string") onOrphan(entry);
      },
    }),
    leases: createBatcher<Lease, LeaseOutcome>({
      source: "core.renewMany",
      key,
      timeoutMs,
      send: (leases, call) => registry.renewMany(leases, call),
    }),
    deletes: createBatcher<DeleteKey, DeleteOutcome>({
      source: "core.deleteMany",
      key,
      timeoutMs,
      send: (keys, call) => registry.deleteMany(keys, call),
    }),
  };
}

/** Deletes in the background what one attempt has stored or may have stored; tries for `timing.timeoutMs`. */
export function undoAttempt(
  host: Pick<Host, "background" | "batches" | "timing">,
  identity: string,
  attempt: string,
): void {
  const source = "core.undoRegister";
  host.background.run(source, host.timing.timeoutMs, async (call) => {
    await retry(call, source, () => host.batches.deletes.submit({ identity, attempt }, call));
  });
}
