/** Waiting for a connection, and giving one up. */

import type { Cluster, Redis } from "ioredis";
import { abortedError, type Call, throwIfAborted } from "@muster/core/slots";
import { redisError } from "../errors.ts";
import { isCluster } from "./given-client.ts";

/**
 * Resolves when the client is ready for commands. It is asked to connect if nobody has yet.
 *
 * @throws UNAVAILABLE, UNAUTHENTICATED, CONFIG_INVALID: the first thing that goes wrong; TIMEOUT, ABORTED.
 */
export async function untilReady(client: Redis | Cluster, call: Call, source: string): Promise<void> {
  throwIfAborted(call, source);
  if (client.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      client.off("ready", onReady).off("error", onError).off("end", onEnd);
      call.signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onReady = (): void => settle();
    const onError = (error: unknown): void => settle(redisError(error, source));
    const onEnd = (): void => settle(redisError(new Error("Connection is closed."), source));
    const onAbort = (): void => settle(abortedError(call, source));
    client.on("ready", onReady).on("error", onError).on("end", onEnd);
    call.signal.addEventListener("abort", onAbort, { once: true });
    if (client.status === "wait") client.connect().catch(ignore);
    else if (client.status === "end") onEnd();
  });
}

/** What `question` answers, unless the call ends first. @throws TIMEOUT, ABORTED, and what the answer rejects with, coded. */
export async function answered<T>(question: Promise<T>, call: Call, source: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(call, source));
    call.signal.addEventListener("abort", onAbort, { once: true });
    question
      .then(resolve, (error: unknown) => reject(redisError(error, source)))
      .finally(() => call.signal.removeEventListener("abort", onAbort));
  });
}

/** Closes a client of ours at once, whatever state it is in; what is in flight rejects. */
export function discard(client: Redis | Cluster): void {
  const connections = isCluster(client) ? client.nodes() : [client];
  client.disconnect();
  // Nobody waits for a goodbye that may never come. Before it first connects there is no stream, whatever its type says.
  for (const { stream } of connections as readonly { readonly stream: Redis["stream"] | undefined }[]) stream?.destroy();
}

/** It is told by an event, too. */
function ignore(): void {}
