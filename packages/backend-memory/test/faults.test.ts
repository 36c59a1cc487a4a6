import { setImmediate } from "node:timers/promises";
import { linkCall, type MessagingBackend } from "@muster/core/slots";
import { entry } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { memoryFaults, memoryMessaging, memoryRegistry } from "../src/index.ts";
import { CALL, fixture, get, NAMESPACE, scanAll, scanIdentities, set, stored } from "./support.ts";

/** Settles when everything that can happen without a timer has happened. */
async function quiet(): Promise<void> {
  await setImmediate();
}

/** Whether a promise has settled by the time all is quiet. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false;
  const note = (): void => {
    hasSettled = true;
  };
  promise.then(note, note);
  await quiet();
  return hasSettled;
}

async function openMessaging(options: Parameters<typeof memoryMessaging>[0]): Promise<MessagingBackend> {
  const messaging = memoryMessaging(options);
  await messaging.open({ namespace: NAMESPACE }, CALL);
  return messaging;
}

const hello = { address: "a", headers: {}, body: new Uint8Array(1) };

describe("a process that stops", () => {
  test("before its call has left: nothing is stored, and the call never settles", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const [victim, witness] = [await client({}, faults), await client()];
    const pending = victim.setMany([entry("a")], CALL);
    faults.stop();
    expect(await settles(pending)).toBe(false);
    expect(await get(witness, "a")).toBeUndefined();
  });

  test("at any await of a call: it is stored or not, and the call settles or never does", async () => {
    const outcomes = new Set<string>();
    for (let turns = 0; turns < 12; turns++) {
      const { client } = fixture();
      const faults = memoryFaults();
      const [victim, witness] = [await client({}, faults), await client()];
      const pending = victim.setMany([entry("a")], CALL);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      faults.stop();
      const hasSettled = await settles(pending);
      const isStored = (await get(witness, "a")) !== undefined;
      expect(hasSettled && !isStored).toBe(false);
      outcomes.add(`${isStored ? "stored" : "lost"}, ${hasSettled ? "settled" : "open"}`);
    }
    expect([...outcomes].sort()).toEqual(["lost, open", "stored, open", "stored, settled"]);
  });

  test("neither a signal nor a close wakes its calls, and only close resolves", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const victim = await client({}, faults);
    const controller = new AbortController();
    const call = { signal: controller.signal };
    const pending = [victim.getMany([], call), victim.census(call), scanAll(victim)];
    faults.stop();
    controller.abort();
    await victim.close();
    for (const one of [...pending, victim.getMany([], CALL)]) expect(await settles(one)).toBe(false);
  });

  test("in the middle of a scan: the next page never comes", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const victim = await client({}, faults);
    await victim.setMany([entry("a"), entry("b")], CALL);
    const pages = victim.scan({ pageSize: 1 }, CALL)[Symbol.asyncIterator]();
    await pages.next();
    faults.stop();
    expect(await settles(pages.next())).toBe(false);
  });

  test("takes its inboxes with it, received messages and waiting publishers included", async () => {
    const { hub } = fixture();
    const faults = memoryFaults();
    const [victim, other] = [await openMessaging({ hub, faults }), await openMessaging({ hub, maxHoldMs: 60_000 })];
    const states: string[] = [];
    const inbox = await victim.openInbox({ prefetch: 1, onRoute: (state) => states.push(state) }, CALL);
    await inbox.addMany(["a"], CALL);
    const publishing = other.publishMany([hello, hello], CALL);
    await quiet();
    faults.stop();
    expect(await publishing).toMatchObject([{ index: 1, error: { code: "NO_ROUTE" } }]);
    expect(await settles(inbox[Symbol.asyncIterator]().next())).toBe(false);
    expect(await other.publishMany([hello], CALL)).toMatchObject([{ error: { code: "NO_ROUTE" } }]);
    expect(states).toEqual([]);
  });

  test("leaves its records to the others", async () => {
    const { client, clock } = fixture();
    const faults = memoryFaults();
    const [victim, witness] = [await client({}, faults), await client()];
    await set(victim, entry("a", { ttlMs: 10 }));
    clock.now += 10;
    await victim.reap({ limit: 1, claimMs: 100, graceMs: 0 }, CALL);
    faults.stop();
    clock.now += 100;
    expect(await witness.reap({ limit: 1, claimMs: 100, graceMs: 0 }, CALL)).toHaveLength(1);
  });
});

describe("an outage", () => {
  test("of the store: every call rejects with UNAVAILABLE and changes nothing, until it ends", async () => {
    const { client, hub } = fixture();
    const registry = await client();
    hub.faults.down("store");
    const unavailable = { code: "UNAVAILABLE", retryable: true, mayHaveApplied: false };
    await expect(set(registry, entry("a"))).rejects.toMatchObject(unavailable);
    await expect(scanIdentities(registry)).rejects.toMatchObject(unavailable);
    await expect(client()).rejects.toMatchObject(unavailable);
    hub.faults.up("store");
    expect(await scanIdentities(registry)).toEqual([]);
  });

  test("that one process has alone leaves the others at work", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const [cut, other] = [await client({}, faults), await client()];
    faults.down("store");
    await expect(set(cut, entry("a"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await stored(other, entry("a"));
  });

  test("between two pages ends a scan with UNAVAILABLE", async () => {
    const { client, hub } = fixture();
    const registry = await client();
    await registry.setMany([entry("a"), entry("b")], CALL);
    const pages = registry.scan({ pageSize: 1 }, CALL)[Symbol.asyncIterator]();
    await pages.next();
    hub.faults.down("store");
    await expect(pages.next()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("of the broker: publishing rejects, and inboxes lose their route until it ends", async () => {
    const { hub } = fixture();
    const messaging = await openMessaging({ hub });
    const states: string[] = [];
    const inbox = await messaging.openInbox({ prefetch: 1, onRoute: (state) => states.push(state) }, CALL);
    await inbox.addMany(["a"], CALL);
    hub.faults.down("broker");
    hub.faults.down("broker");
    await expect(messaging.publishMany([hello], CALL)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      mayHaveApplied: false,
    });
    await expect(inbox.removeMany(["a"], CALL)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    hub.faults.up("broker");
    expect(await messaging.publishMany([hello], CALL)).toEqual([]);
    expect(states).toEqual(["down", "up"]);
  });

  test("of the replies: the call has taken effect, and says that it may have", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const [cut, other] = [await client({}, faults), await client()];
    faults.down("replies");
    const one = entry("a");
    await expect(set(cut, one)).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: true });
    const registration = await get(other, "a");
    faults.up("replies");
    expect(await stored(cut, one)).toEqual(registration);
  });
});

describe("a server that is frozen", () => {
  test("answers nothing until it is thawed, and then carries out what it was asked, given up or not", async () => {
    const { hub, client } = fixture();
    const [writer, witness] = [await client(), await client()];
    const caller = new AbortController();
    hub.faults.freeze();
    const [patient, hurried] = [
      writer.setMany([entry("a")], CALL),
      writer.setMany([entry("b")], { signal: caller.signal }),
    ];
    expect(await settles(patient)).toBe(false);
    caller.abort();
    await expect(hurried).rejects.toMatchObject({ code: "ABORTED", mayHaveApplied: true });
    hub.faults.thaw();
    await patient;
    expect((await witness.getMany(["a", "b"], CALL)).map((one) => one?.revision)).toEqual([1, 1]);
  });

  test("can't be opened until it is thawed", async () => {
    const { hub } = fixture();
    hub.faults.freeze();
    const [late, patient] = [memoryRegistry({ hub }), memoryRegistry({ hub })];
    const opening = patient.open({ namespace: NAMESPACE }, CALL);
    using call = linkCall({ timeoutMs: 1 }, 1, "test");
    await expect(late.open({ namespace: NAMESPACE }, call)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await settles(opening)).toBe(false);
    hub.faults.thaw();
    await opening;
  });
});
