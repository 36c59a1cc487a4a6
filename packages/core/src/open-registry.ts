/** The way in: checks the configuration, opens the slots and this process' session, and gives the fleet. */

import type { Metadata } from "@muster/filter";
import { auditRegularly } from "./life/audit.ts";
import { codedError, runVerb } from "./call.ts";
import { type OpenOptions, readConfiguration } from "./configuration.ts";
import { type Assembly, createHost } from "./create-host.ts";
import type { Fleet } from "./fleet.ts";
import { createFleet } from "./open-fleet.ts";
import { reapOnce, startReaper } from "./life/reaper.ts";
import { sendingPath } from "./sending/path.ts";
import type { SchemaDefinition } from "./schema/definition.ts";
import type { InputOf, MetadataOf } from "./schema/infer.ts";
import { type Call, type IdentitySchema, isMusterError, type Scope } from "./slots/index.ts";

/**
 * Opens a namespace: its slots, one after the other, and this process' session. Whoever died here without a word is
 * cleaned up before it resolves. When it rejects, whatever it had opened is closed again.
 *
 * The fleet owns the slots from then on and closes them; clients that were handed to a slot stay open.
 *
 * @throws CONFIG_INVALID with everything that is wrong with the options; UNSUPPORTED when `delivery` asks for more than the
 * slots give; UNAVAILABLE, UNAUTHENTICATED, TIMEOUT, ABORTED; CLOSED for a slot that was opened before.
 */
export async function openRegistry<
  const S extends IdentitySchema | SchemaDefinition | undefined = undefined,
  Transaction = undefined,
  OutboxTransaction = never,
>(
  options: OpenOptions<S, Transaction, OutboxTransaction>,
): Promise<Fleet<MetadataOf<S> & Metadata, InputOf<S>, Transaction, OutboxTransaction>> {
  const assembly = createHost(readConfiguration(options));
  const { host, guard, relay } = assembly;
  return await runVerb(host.gate, "openRegistry", options, async (call) => {
    await openAll(assembly, call);
    const { registry, durability, outbox, timing, warn } = host;
    auditRegularly(host);
    const reaper = startReaper({ registry, durability, outbox, timing, guard, warn });
    relay?.start();
    return createFleet<MetadataOf<S> & Metadata, InputOf<S>, Transaction, OutboxTransaction>(assembly, reaper);
  });
}

async function openAll({ host, guard }: Assembly, call: Call): Promise<void> {
  const { namespace, registry, messaging, durability, outbox, schema, limits, timing, session } = host;
  const scope: Scope = {
    namespace,
    ...(schema === undefined ? {} : { schema }),
    ...(limits.maxIdentities === undefined ? {} : { maxIdentities: limits.maxIdentities }),
    durability: {
      trackingRetentionMs: timing.trackingRetentionMs,
      deadLetterRetentionMs: timing.deadLetterRetentionMs,
      ...(limits.maxQueued === undefined ? {} : { maxQueued: limits.maxQueued }),
    },
  };
  const opened: { close(): Promise<void> }[] = [];
  try {
    for (const slot of [registry, messaging, durability, outbox]) {
      if (slot === undefined) continue;
      await slot.open(scope, call);
      opened.push(slot);
    }
    // What a slot can do is final only now.
    if (host.delivery !== "at-most-once") sendingPath(host, host.delivery, "core.openRegistry");
    await reapOnce({ registry, durability, outbox, timing, guard }, call).catch((cause: unknown) => {
      if (call.signal.aborted || isMusterError(cause, "CLOSED")) throw cause;
      host.warn(codedError(cause, "core.reap"));
    });
    await session.open(call);
  } catch (error) {
    session.stop();
    for (const slot of opened.toReversed()) {
      // What went wrong first is what the caller has to know.
      await slot.close().catch((cause: unknown) => host.warn(codedError(cause, "core.openRegistry")));
    }
    throw error;
  }
}
