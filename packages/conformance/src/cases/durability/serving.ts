/**
 * Where leases end with their session, a session is served, and what it was handed is settled, through the client that was
 * first asked for it: its process'. Elsewhere any client will do.
 */

import type { Backend, DurabilityBackend } from "@muster/core/slots";

const namespaces = new WeakMap<Backend, string>();
/** Namespaces are nobody else's, so they stand for their case. */
const sessions = new Map<string, Map<string, WeakRef<DurabilityBackend>>>();
const receipts = new WeakMap<DurabilityBackend, Set<string>>();

export function noteNamespace(client: Backend, namespace: string): void {
  namespaces.set(client, namespace);
}

/** The client that serves the session in the namespace of `at`. */
export function serverOf(session: string, at: DurabilityBackend): DurabilityBackend {
  const known = sessionsOf(at);
  if (known === undefined) return at;
  const server = known.get(session)?.deref() ?? at;
  known.set(session, new WeakRef(server));
  return server;
}

export function noteHanded(client: DurabilityBackend, handed: readonly { readonly receipt: string }[]): void {
  const known = receipts.get(client) ?? new Set();
  receipts.set(client, known);
  for (const { receipt } of handed) known.add(receipt);
}

/** The client that has handed out the receipt in the namespace of `at`. */
export function handerOf(receipt: string, at: DurabilityBackend): DurabilityBackend {
  for (const server of sessionsOf(at)?.values() ?? []) {
    const client = server.deref();
    if (client !== undefined && receipts.get(client)?.has(receipt)) return client;
  }
  return at;
}

function sessionsOf(at: DurabilityBackend): Map<string, WeakRef<DurabilityBackend>> | undefined {
  const namespace = namespaces.get(at);
  if (namespace === undefined || at.traits.lease !== "session") return undefined;
  const known = sessions.get(namespace) ?? new Map<string, WeakRef<DurabilityBackend>>();
  sessions.set(namespace, known);
  return known;
}
