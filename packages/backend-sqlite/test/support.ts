/** What tests with a real file share. */

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Call, isMusterError, type RegistryBackend, type Scope, type SetEntry } from "@muster/core/slots";
import { type SqliteOptions, sqliteRegistry } from "../src/index.ts";

/** For `expect.poll`. */
export const SOON = { timeout: 15_000, interval: 20 };

export function within(ms: number): Call {
  return { signal: AbortSignal.timeout(ms) };
}

export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** With the file of one test, and gone after it. */
export async function freshFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
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

export async function opened(options: SqliteOptions, scope: Partial<Scope> = {}): Promise<RegistryBackend> {
  const registry = sqliteRegistry(options);
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

export async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
