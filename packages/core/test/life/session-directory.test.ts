import { memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { sessionDirectory } from "../../src/life/session-directory.ts";
import { type Call, type RegistryBackend, SESSION_PREFIX } from "../../src/slots/index.ts";
import { interposed } from "../support/interposed.ts";

const CALL: Call = { signal: new AbortController().signal };

async function open(sessions: readonly string[]): Promise<{ registry: RegistryBackend; reads: (readonly string[])[] }> {
  const plain = memoryRegistry();
  await plain.open({ namespace: "test" }, CALL);
  const record = {
    metadata: {},
    ttlMs: 60_000,
    session: undefined,
    address: undefined,
    sessionBound: false,
    mode: "create",
  } as const;
  await plain.setMany(
    sessions.map((id) => ({ identity: SESSION_PREFIX + id, attempt: id, ...record })),
    CALL,
  );
  const reads: (readonly string[])[] = [];
  const registry = interposed(plain, {
    getMany: (original) => async (identities, call) => {
      reads.push(identities);
      return await original(identities, call);
    },
  });
  return { registry, reads };
}

test("living sessions are told from dead ones in one read", async () => {
  const { registry, reads } = await open(["s1", "s2"]);
  const living = await sessionDirectory(registry, 10_000).living(["s1", "dead", "s2", "s1"], CALL);
  expect(living).toEqual(new Set(["s1", "s2"]));
  expect(reads).toHaveLength(1);
});

test("both answers are believed for a while", async () => {
  const { registry, reads } = await open(["s1"]);
  const directory = sessionDirectory(registry, 10_000);
  await directory.living(["s1", "dead"], CALL);
  expect(await directory.living(["s1", "dead"], CALL)).toEqual(new Set(["s1"]));
  expect(reads).toHaveLength(1);
});

test("a living session is looked at again after a quarter of its lease, a dead one never", async () => {
  const { registry, reads } = await open(["s1"]);
  const directory = sessionDirectory(registry, 0);
  await directory.living(["s1", "dead"], CALL);
  await directory.living(["s1", "dead"], CALL);
  expect(reads.map((read) => read.length)).toEqual([2, 1]);
});

test("thousands of sessions are read in pages", async () => {
  const { registry, reads } = await open([]);
  await sessionDirectory(registry, 10_000).living(
    Array.from({ length: 2_500 }, (_, n) => `s${n}`),
    CALL,
  );
  expect(reads.map((read) => read.length)).toEqual([1_000, 1_000, 500]);
});
