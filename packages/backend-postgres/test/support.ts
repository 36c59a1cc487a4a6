/** What tests with a real server share. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type FaultProxy, faultProxy } from "@muster/conformance/faults";
import { type Call, isMusterError, type RegistryBackend, type Scope, type SetEntry } from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { Pool } from "pg";
import { type PostgresConnection, type PostgresOptions, type PostgresPool, postgresRegistry } from "../src/index.ts";

/** For `expect.poll`. */
export const SOON = { timeout: 15_000, interval: 20 };

export function within(ms: number): Call {
  return { signal: AbortSignal.timeout(ms) };
}

export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

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

export async function opened(options: PostgresOptions, scope: Partial<Scope> = {}): Promise<RegistryBackend> {
  const registry = postgresRegistry(options);
  await registry.open({ namespace: freshNamespace(), ...scope }, within(10_000));
  return registry;
}

/** `CODE`, or `CODE?` where it may have been applied; `fine` when it didn't reject. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.mayHaveApplied ? `${error.code}?` : error.code;
  }
}

/** Polls until it is so; outside of tests, where `expect.poll` is not to be had. */
export async function until(isSo: () => Promise<boolean>, ms: number = SOON.timeout): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error("it is not so in time");
    await delay(SOON.interval);
  }
}

export async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

export function poolOf({ url }: Pick<Server, "url">, max = 4): Pool {
  const pool = new Pool({ connectionString: `${url}/postgres`, max });
  return pool.on("error", () => undefined);
}

/** Runs statements over a connection of its own. */
export async function tell(
  { url }: Pick<Server, "url">,
  text: string,
  values: unknown[] = [],
): Promise<readonly (readonly unknown[])[]> {
  await using pool = Object.assign(poolOf({ url }, 1), { [Symbol.asyncDispose]: async () => pool.end() });
  const { rows } = await pool.query<unknown[]>({ text, values, rowMode: "array" });
  return rows;
}

/** A statement that has been sent. */
export interface Sent {
  readonly text: string;
  readonly values: unknown[];
}

/** The pool, and all that goes through it. */
export function recording(pool: Pool): PostgresPool & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async connect(): Promise<PostgresConnection> {
      const client = await pool.connect();
      return {
        query: async (query) => {
          sent.push({ text: query.text, values: query.values ?? [] });
          return client.query<unknown[]>(query as never); // Its types know of fewer ways to say it.
        },
        release: (destroy) => client.release(destroy),
        on: client.on.bind(client) as PostgresConnection["on"],
        removeListener: (event, listener) => client.removeListener(event, listener),
      };
    },
  };
}

export async function proxyOf({ port }: Pick<Server, "port">): Promise<FaultProxy> {
  return faultProxy({ host: "127.0.0.1", port });
}
