/** What tests with a real server share. */

import { type FaultProxy, faultProxy } from "@muster/conformance/faults";
import type { RegistryBackend, Scope } from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { freshNamespace, within } from "@muster/testing";
import { Pool } from "pg";
import { type PostgresConnection, type PostgresOptions, type PostgresPool, postgresRegistry } from "../src/index.ts";

export async function opened(options: PostgresOptions, scope: Partial<Scope> = {}): Promise<RegistryBackend> {
  const registry = postgresRegistry(options);
  await registry.open({ namespace: freshNamespace(), ...scope }, within(10_000));
  return registry;
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
