/** Waiting for a connection, and giving one up. */

import type { Cluster, Redis } from "ioredis";
import { abortedError, type Call, throwIfAborted } from "@muster/core/slots";
import { redisError } from "../errors.ts";
import { isCluster } from "./given-client.ts";

/**
 * Resolves when the client is ready for commands; it is asked to connect if nobody has yet. Rejects with the first thing
 * that goes wrong, as the driver tells it, or with the signal's reason.
 */
export async function connected(client: Redis | Cluster, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (client.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      client.off("ready", onReady).off("error", onError).off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
    };
    const onReady = (): void => {
      stop();
      resolve();
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onEnd = (): void => onError(new Error("Connection is closed."));
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      onError(reason instanceof Error ? reason : new Error("the caller gave up"));
    };
    client.on("ready", onReady).on("error", onError).on("end", onEnd);
    signal.addEventListener("abort", onAbort, { once: true });
    if (client.status === "wait") client.connect().catch(ignore);
    else if (client.status === "end") onEnd();
  });
}

/** What the server answers, unless the call ends first. @throws TIMEOUT, ABORTED, and a coded error for whatever went wrong. */
export async function answered<T>(asking: (signal: AbortSignal) => Promise<T>, call: Call, source: string): Promise<T> {
  throwIfAborted(call, source);
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(call, source));
    call.signal.addEventListener("abort", onAbort, { once: true });
    asking(call.signal)
      .then(resolve, (error: unknown) => reject(redisError(error, source)))
      .finally(() => call.signal.removeEventListener("abort", onAbort));
  });
}

/** Closes a client of ours at once, whatever state it is in; what is in flight rejects. */
export function discard(client: Redis | Cluster): void {
  const connections = isCluster(client) ? client.nodes() : [client];
  client.disconnect();
  // Nobody waits for a goodbye that may never come. Before it first connects there is no stream, whatever its type says.
  for (const { stream } of connections as readonly { readonly stream: Redis["stream"] | undefined }[])
    stream?.destroy();
}

/** It is told by an event, too. */
function ignore(): void {}
