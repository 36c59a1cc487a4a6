import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { expect, test, vi } from "vitest";
import type { ReapClaim, RegistryBackend } from "../../src/slots/index.ts";
import { SESSION_PREFIX } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

/** Keeps what was confirmed, as `identity step`, sessions left out. */
function recording(confirmed: string[]): (plain: RegistryBackend) => RegistryBackend {
  return (plain) =>
    interposed(plain, {
      confirmMany: (original) => async (claims, call) => {
        await original(claims, call);
        confirmed.push(
          ...claims
            .filter((claim) => !isSession(claim))
            .map(({ registration, step }) => `${registration.identity} ${step}`),
        );
      },
    });
}

function isSession({ registration }: ReapClaim): boolean {
  return registration.identity.startsWith(SESSION_PREFIX);
}

test("entries of 50 ms are never returned after they expired, pass both end steps once, and free the quota", async () => {
  await using fleets = new Fleets();
  const confirmed: string[] = [];
  const { fleet } = await fleets.open({ limits: { maxIdentities: 15 }, registry: recording(confirmed) });
  const names = Array.from({ length: 15 }, (_, n) => `id-${n}`);
  await Promise.all(names.map((name) => fleet.register(name, {}, { ttlMs: 50, renew: "manual" })));
  await eventually("all have gone", async () => {
    const { identities } = await fleet.enumerate();
    for (const { expiresAt } of identities) expect(expiresAt).toBeGreaterThan(Date.now() - 50);
    return identities.length === 0;
  });
  await eventually("both steps are confirmed", () => confirmed.length >= 30);
  expect(confirmed.toSorted()).toEqual(names.flatMap((name) => [`${name} expired`, `${name} over`]).toSorted());
  await Promise.all(names.map((name) => fleet.register(`${name}-again`, {})));
  expect(await fleet.count()).toBe(15);
});

test("a dead process' 10,000 identities turn offline, stay enumerable until their TTL, and then go", async () => {
  await using fleets = new Fleets();
  const timing = { sessionLeaseMs: 2_000, ttlMs: 6_000, timeoutMs: 20_000 };
  const [victim, observer] = await fleets.openTwo({ timing });
  const names = Array.from({ length: 10_000 }, (_, n) => `id-${String(n).padStart(5, "0")}`);
  for (let start = 0; start < names.length; start += 1_000) {
    const page = names.slice(start, start + 1_000);
    await Promise.all(page.map((name) => victim.fleet.register(name, {}, { onMessage: () => {} })));
  }
  expect(await observer.fleet.get("id-00000")).toMatchObject({ attached: true });
  victim.faults.stop();
  await eventually("they are offline", async () => (await observer.fleet.get("id-09999"))?.attached === false);
  const found: string[] = [];
  for await (const { identity } of observer.fleet.identities()) found.push(identity);
  expect(new Set(found).size).toBe(10_000);
  expect(await observer.fleet.count()).toBe(10_000);
  await eventually(
    "they expire by themselves",
    async () => (await observer.fleet.get("id-09999"))?.expiresAt !== undefined,
  );
  await eventually("they are gone", async () => (await observer.fleet.count()) === 0);
}, 30_000);

test("a process that starts finds no ghosts of those that died before", async () => {
  await using fleets = new Fleets();
  const timing = { sessionLeaseMs: 30, ttlMs: 60, reapIntervalMs: 60_000 };
  const victim = await fleets.open({ timing });
  await victim.fleet.register("ghost", {});
  const plain = memoryRegistry({ hub: fleets.hub });
  const call = { signal: new AbortController().signal };
  await plain.open({ namespace: "test" }, call);
  const [session] = [SESSION_PREFIX + victim.fleet.status().session.id];
  victim.faults.stop();
  await eventually("its session expires", async () => (await plain.getMany([session], call))[0] === undefined);
  const { fleet } = await fleets.open({ timing });
  await eventually("it has expired by itself", async () => (await fleet.get("ghost")) === undefined);
});

test("a claim whose step was not carried out is not confirmed and comes back", async () => {
  await using fleets = new Fleets();
  const victim = await fleets.open({ timing: { sessionLeaseMs: 60, ttlMs: 300 } });
  await victim.fleet.register("a", {});
  let failures = 0;
  const confirmed: string[] = [];
  const { fleet, warnings } = await fleets.open({
    timing: { ttlMs: 50, claimMs: 50 },
    registry: (plain) =>
      interposed(plain, {
        scanRoutes: (original) => (query, call) => {
          if (query.session === undefined || failures > 0) return original(query, call);
          failures += 1;
          throw new Error("a reaper that fails half way");
        },
        confirmMany: (original) => async (claims, call) => {
          await original(claims, call);
          confirmed.push(...claims.map(({ registration, step }) => `${registration.identity} ${step}`));
        },
      }),
  });
  const session = SESSION_PREFIX + victim.fleet.status().session.id;
  victim.faults.stop();
  await eventually("its session ends", () => confirmed.includes(`${session} expired`));
  expect(failures).toBe(1);
  expect(warnings.map((warning) => warning.code)).toEqual(["INTERNAL"]);
  await eventually("so does what it left behind", async () => (await fleet.get("a")) === undefined);
});

test("while most have expired at once reaping is held, reads hide them all the same, and it ends by itself", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: { ttlMs: 300 }, limits: { maxIdentities: 30 } });
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => fleet.register(`id-${n}`, {}, { ttlMs: 30, renew: "manual" })),
  );
  await eventually("the guard holds", () => fleet.status().reaper.held);
  expect(fleet.status().reaper.reason).toBe("mass-expiry");
  expect(await fleet.count()).toBe(0);
  await expect(fleet.register("new", {})).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
  await eventually("there is room again", async () => {
    return (await fleet.register("new", {}).catch(() => undefined)) !== undefined;
  });
  expect(fleet.status().reaper.held).toBe(false);
});

test("a store that was away is not reaped at once, and the process is warned of it once", async () => {
  await using fleets = new Fleets();
  const { fleet, faults, warnings } = await fleets.open({ timing: { ttlMs: 200, sessionLeaseMs: 5_000 } });
  faults.down("store");
  await eventually("the guard holds", () => fleet.status().reaper.held);
  await eventually("a warning", () => warnings.length > 0);
  faults.up("store");
  await eventually("the hold has an end", () => fleet.status().reaper.until !== undefined);
  expect(fleet.status().reaper.reason).toBe("outage");
  await eventually("it ends by itself", () => !fleet.status().reaper.held);
  expect(warnings.map((warning) => `${warning.code} ${warning.source}`)).toEqual(["UNAVAILABLE memory.census"]);
});

test("a wall clock that is set back doesn't prolong the hold", async () => {
  const steady = (): number => Math.floor(performance.timeOrigin + performance.now());
  await using fleets = new Fleets(memoryHub({ now: steady }));
  const { fleet, faults } = await fleets.open({ timing: { ttlMs: 200, sessionLeaseMs: 5_000 } });
  faults.down("store");
  await eventually("the guard holds", () => fleet.status().reaper.held);
  faults.up("store");
  await eventually("the hold has an end", () => fleet.status().reaper.until !== undefined);
  const clock = vi.spyOn(Date, "now").mockImplementation(() => steady() - 3_600_000);
  try {
    await eventually("it ends by itself", () => !fleet.status().reaper.held);
  } finally {
    clock.mockRestore();
  }
});
