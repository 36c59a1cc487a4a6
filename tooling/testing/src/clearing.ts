import type { DurabilityBackend } from "@muster/core/slots";

/**
 * Takes away what a namespace leaves behind on a server that starts the more slowly, the more there is.
 *
 * @returns clients as `make` does; behind the last to be closed in its namespace that is cleared.
 */
export function clearing(
  make: () => DurabilityBackend,
  clear: (namespace: string) => Promise<void>,
): () => DurabilityBackend {
  const open = new Map<string, number>();
  return () => {
    const client = make();
    const [opening, closing] = [client.open.bind(client), client.close.bind(client)];
    let namespace: string | undefined;
    client.open = async (scope, call) => {
      await opening(scope, call);
      namespace = scope.namespace;
      open.set(namespace, (open.get(namespace) ?? 0) + 1);
    };
    client.close = async () => {
      await closing();
      if (namespace === undefined) return;
      const left = (open.get(namespace) ?? 1) - 1;
      open.set(namespace, left);
      if (left === 0) await clear(namespace).catch(() => undefined); // It is only slower then.
      namespace = undefined;
    };
    return client;
  };
}
