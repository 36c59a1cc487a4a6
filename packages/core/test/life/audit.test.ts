import { memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { RegistryBackend } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

const CALL = { signal: new AbortController().signal };
const TIMING = { auditIntervalMs: 20, sessionLeaseMs: 900, ttlMs: 2_000 };

async function store(fleets: Fleets): Promise<RegistryBackend> {
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, CALL);
  return registry;
}

test("what stands under this session and nobody here knows is deleted", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: TIMING });
  const known = await fleet.register("known", {});
  const session = fleet.status().session.id;
  const entry = {
    identity: "orphan",
    metadata: {},
    ttlMs: 2_000,
    session,
    address: undefined,
    sessionBound: true,
  } as const;
  await (await store(fleets)).setMany([{ ...entry, attempt: "lost", mode: "create" }], CALL);
  await eventually("the orphan is gone", async () => (await fleet.get("orphan")) === undefined);
  expect(await fleet.get("known")).toMatchObject({ epoch: known.epoch });
});

test("a registration that has vanished is lost, and stands again", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: TIMING });
  const handle = await fleet.register("a", { n: 1 });
  const { epoch } = handle;
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  await (await store(fleets)).deleteMany([{ identity: "a", epoch }], CALL);
  await eventually("it is lost", () => events.length > 0);
  expect(events).toEqual(["expired"]);
  await eventually("it is back", async () => (await fleet.get("a"))?.metadata["n"] === 1);
  expect(handle.epoch).toBeGreaterThan(epoch);
});

test("a registration that another process has taken over is lost for good", async () => {
  await using fleets = new Fleets();
  const [old, young] = await fleets.openTwo({ timing: TIMING, messaging: false });
  const handle = await old.fleet.register("a", {});
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  const successor = await young.fleet.register("a", {}, { replace: true });
  await eventually("it is replaced", () => events.includes("replaced"));
  expect(events).toEqual(["fenced", "replaced"]);
  expect((await young.fleet.get("a"))?.epoch).toBe(successor.epoch);
});

test("registrations on their way are never taken for orphans", async () => {
  await using fleets = new Fleets();
  let audits = 0;
  const { fleet } = await fleets.open({
    timing: { ...TIMING, auditIntervalMs: 5 },
    registry: (plain) =>
      interposed(plain, {
        scanRoutes: (original) => (query, call) => {
          if (query.session !== undefined) audits += 1;
          return original(query, call);
        },
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (!entries[0]?.identity.startsWith("id-")) return outcomes;
          const before = audits;
          await eventually("two audits pass while the reply is on its way", () => audits >= before + 2);
          return outcomes;
        },
      }),
  });
  const handles = await Promise.all(Array.from({ length: 100 }, (_, n) => fleet.register(`id-${n}`, {})));
  for (const handle of handles) expect((await fleet.get(handle.identity))?.epoch).toBe(handle.epoch);
});
