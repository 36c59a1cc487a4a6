/** Fleets of core over a real Redis, registry and messaging both, and what became of their calls. */

import { setTimeout as delay } from "node:timers/promises";
import { type Fleet, isMusterError, type OpenOptions, openRegistry } from "@muster/core";
import type { Server, ServerControl, ServerOptions } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { describe } from "vitest";
import { redisMessaging, type RedisOptions, redisRegistry } from "../../src/index.ts";

const POLL_MS = 20;
const LIMIT_MS = 35_000;

/** A server to do harm to; where it belongs to somebody else the tests don't run. */
export async function withOwnServer(
  options: ServerOptions,
  define: (server: Server, control: ServerControl) => void,
): Promise<void> {
  await withServer("redis", options, (server) => {
    describe.runIf(server.control !== undefined)("with a server of its own", () => {
      define(server, server.control as ServerControl); // Whatever is defined without one doesn't run.
    });
  });
}

/** A process of its own, as far as Redis can tell. Its warnings are nobody's business here: outages make many. */
export async function openFleet(
  at: string | RedisOptions,
  options: Omit<OpenOptions, "registry" | "messaging" | "onWarning">,
): Promise<Fleet> {
  const location = typeof at === "string" ? { url: at } : at;
  const slots = { registry: redisRegistry(location), messaging: redisMessaging(location) };
  return await openRegistry({ ...slots, onWarning: () => {}, ...options });
}

/** Polls until it is so; what `isSo` throws with a code that says "not now" counts as no. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if (!isMusterError(error) || !error.retryable) throw error;
    }
    if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
    await delay(POLL_MS);
  }
}

/** The code it rejected with; `fine` when it didn't. @throws whatever it rejected with that has no code. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.code;
  }
}

/** Most of `times` (ms) within any 100 ms. */
export function crowd(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last += 1) {
    while ((sorted[first] ?? 0) + 100 <= (sorted[last] ?? 0)) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
