import type { FilterInput } from "@muster/filter";
import { describe, expect, test } from "vitest";
import type { MulticastOptions, Payload } from "../src/fleet.ts";
import { multicast } from "../src/multicast.ts";
import {
  linkCall,
  type MessagingBackend,
  type MulticastReport,
  MusterError,
  type Receipt,
  type RegistryBackend,
} from "../src/slots/index.ts";
import { eventually } from "./support/eventually.ts";
import { interposed } from "./support/interposed.ts";
import { CALL, names, openWorld, storeMany, type World } from "./support/world.ts";

function send(
  world: World,
  filter: FilterInput | null | undefined,
  options: MulticastOptions = {},
  payload: Payload = "hi",
): Promise<MulticastReport> {
  return multicast(world.context, filter, payload, options, CALL);
}

/** A world whose k-th publish of the sender fails or waits, each before or after it has taken effect. */
function failingPublish(decide: (k: number) => "before" | "after" | undefined, error: (k: number) => Error) {
  let calls = 0;
  return (plain: MessagingBackend): MessagingBackend =>
    interposed(plain, {
      publishMany: (original) => async (batch, call) => {
        calls += 1;
        const k = calls;
        if (decide(k) === "before") throw error(k);
        const failures = await original(batch, call);
        if (decide(k) === "after") throw error(k);
        return failures;
      },
      traits: (traits) => ({ ...traits, maxBatch: 1 }),
    });
}

function failingScan(atPage: number, error: Error) {
  return (plain: RegistryBackend): RegistryBackend =>
    interposed(plain, {
      scanRoutes: (original) =>
        async function* scan(query, call) {
          let page = 0;
          for await (const routes of original({ ...query, pageSize: 100 }, call)) {
            page += 1;
            if (page === atPage) throw error;
            yield routes;
          }
        },
    });
}

describe("what is refused before anything is sent", () => {
  test.each<[string, FilterInput | null | undefined, string]>([
    ["no filter", undefined, "INVALID_FILTER"],
    ["an empty filter", {}, "INVALID_FILTER"],
  ])("%s does not mean everyone", async (_, filter, code) => {
    const world = await openWorld();
    const process = await world.process("s1");
    await process.register("ada");
    await expect(send(world, filter)).rejects.toMatchObject({ code, detail: { path: "" } });
    expect(process.received).toEqual([]);
  });

  test("a registry without a messaging slot can't multicast", async () => {
    const { context } = await openWorld();
    await expect(multicast({ ...context, messaging: undefined }, null, "x", {}, CALL)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      detail: { feature: "multicast" },
    });
  });

  test.each(["at-least-once", "exactly-once"] as const)(
    "%s is refused with the reason, not weakened",
    async (delivery) => {
      const world = await openWorld();
      await expect(send(world, null, { delivery })).rejects.toMatchObject({
        code: "UNSUPPORTED",
        detail: { feature: delivery },
      });
      await expect(send(world, null, { delivery })).rejects.toThrow(/acknowledge/);
    },
  );

  test("an unknown guarantee is a mistake", async () => {
    const world = await openWorld();
    await expect(send(world, null, { delivery: "twice" as "at-most-once" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("a payload over the slot's limit says how large it may be, and exactly that fits", async () => {
    const frames: number[] = [];
    const world = await openWorld({
      messaging: (plain) =>
        interposed(plain, {
          traits: (traits) => ({ ...traits, maxPayloadBytes: 2_000 }),
          publishMany: (original) => async (batch, call) => {
            frames.push(...batch.map(({ body }) => body.byteLength));
            return original(batch, call);
          },
        }),
    });
    const process = await world.process("s1");
    const longest = "x".repeat(256);
    await process.register(longest);
    await process.register("ada");
    const refusal: unknown = await send(world, null, {}, new Uint8Array(2_001)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "PAYLOAD_TOO_LARGE", detail: { bytes: 2_001 } });
    const { maxBytes } = (refusal as MusterError<"PAYLOAD_TOO_LARGE">).detail;
    await expect(send(world, null, {}, new Uint8Array(maxBytes + 1))).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
    });
    expect(frames).toEqual([]);
    const report = await send(world, null, {}, new Uint8Array(maxBytes));
    expect(report.deliveredCount).toBe(2);
    expect(Math.max(...frames)).toBeLessThanOrEqual(2_000);
  });

  test("a registry that fails before the first publish is an error, and nobody gets anything", async () => {
    const down = new MusterError({ code: "UNAVAILABLE", source: "test", message: "down" });
    const world = await openWorld({ registry: failingScan(2, down) });
    const process = await world.process("s1");
    for (const name of names(150)) await process.register(name);
    await expect(send(world, null)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(process.received).toEqual([]);
  });

  test("a caller that has given up already gets ABORTED without a report", async () => {
    const world = await openWorld();
    await (await world.process("s1")).register("ada");
    using call = linkCall({ signal: AbortSignal.abort() }, 1_000, "test");
    await expect(multicast(world.context, null, "x", {}, call)).rejects.toMatchObject({ code: "ABORTED", detail: {} });
  });
});

describe("who gets it", () => {
  test("everyone who matches and is attached gets one message; the report says so", async () => {
    const world = await openWorld();
    const processes = [await world.process("s1"), await world.process("s2")] as const;
    for (const [index, name] of names(20).entries())
      await processes[index % 2 === 0 ? 0 : 1].register(name, { even: index % 2 === 0, index });
    const report = await send(world, { "index.lt": 11 }, {}, { command: "update" });
    expect(report).toMatchObject({
      targetCount: 11,
      deliveredCount: 11,
      pendingCount: 0,
      failedCount: 0,
      timeoutCount: 0,
      statuses: [],
    });
    expect(report).not.toHaveProperty("incomplete");
    await eventually("all arrive", () => processes[0].received.length + processes[1].received.length === 11);
    expect(processes[0].received.map(({ id }) => id)).toEqual(Array.from({ length: 6 }, () => report.id));
    expect(processes[1].received.map((message) => message.json())).toEqual(
      Array.from({ length: 5 }, () => ({ command: "update" })),
    );
  });

  test("nobody there is a report of zeros", async () => {
    const world = await openWorld();
    await (await world.process("s1")).register("ada", { status: "offline" });
    expect(await send(world, { status: "online" })).toMatchObject({
      targetCount: 0,
      deliveredCount: 0,
      failedCount: 0,
      statuses: [],
    });
  });

  test("the offline, the sessionless and those without address are targets that failed with NO_ROUTE", async () => {
    const world = await openWorld();
    const process = await world.process("s1");
    await process.register("attached");
    await storeMany(world.context.registry, ["nobody's"]);
    await storeMany(world.context.registry, ["dead session's"], {
      session: "gone",
      address: process.node.address,
      ttlMs: 60_000,
    });
    await storeMany(world.context.registry, ["without address"], { session: "s1" });
    await storeMany(world.context.registry, ["without session"], { address: process.node.address });
    const report = await send(world, null);
    expect(report).toMatchObject({ targetCount: 5, deliveredCount: 1, failedCount: 4 });
    expect(report.statuses.map(({ identity, status, code }) => [identity, status, code])).toEqual([
      ["dead session's", "failed", "NO_ROUTE"],
      ["nobody's", "failed", "NO_ROUTE"],
      ["without address", "failed", "NO_ROUTE"],
      ["without session", "failed", "NO_ROUTE"],
    ]);
  });

  test("facts about registrations select: $attached, $identity and $registeredAt, also beside metadata", async () => {
    const world = await openWorld();
    const process = await world.process("s1");
    for (const name of names(4)) await process.register(name, { n: name });
    await storeMany(world.context.registry, ["offline"]);
    const targets = async (filter: FilterInput): Promise<number> => (await send(world, filter)).targetCount;
    expect(await targets({ $attached: true })).toBe(4);
    expect(await targets({ $attached: false })).toBe(1);
    expect(await targets({ $identity: "id-0000002" })).toBe(1);
    expect(await targets({ $registeredAt: { $gt: 0 } })).toBe(5);
    expect(await targets({ $registeredAt: { $gt: Date.now() + 60_000 } })).toBe(0);
    expect(await targets({ $attached: true, "n.regex": "2$" })).toBe(1);
  });

  test("without a filter facet core selects the same", async () => {
    const world = await openWorld({
      registry: (plain) => interposed(plain, { filters: () => undefined, counts: () => undefined }),
    });
    const process = await world.process("s1");
    for (const [index, name] of names(10).entries()) await process.register(name, { index });
    expect((await send(world, { "index.gte": 7 })).deliveredCount).toBe(3);
    expect((await send(world, { $identity: { $lt: "id-0000004" } })).deliveredCount).toBe(4);
    await eventually("all arrive", () => process.received.length === 7);
  });

  test("identity addresses get the bare payload with headers", async () => {
    const bodies: string[] = [];
    const world = await openWorld({
      messaging: (plain) =>
        interposed(plain, {
          publishMany: (original) => async (batch, call) => {
            bodies.push(...batch.map(({ address, body }) => `${address}: ${Buffer.from(body).toString()}`));
            return original(batch, call);
          },
        }),
    });
    const process = await world.process("s1");
    await process.register("ada", {}, { address: "device/ada" });
    expect((await send(world, null, {}, "bare")).deliveredCount).toBe(1);
    await eventually("it arrives", () => process.received.length === 1);
    expect(bodies).toEqual(["device/ada: bare"]);
    expect(process.received[0]?.text()).toBe("bare");
  });
});

describe("what is known of each", () => {
  const cut = (mayHaveApplied: boolean) => () =>
    new MusterError({ code: "UNAVAILABLE", source: "test", message: "cut", mayHaveApplied });

  test("a publish that was refused as a whole has failed with the code, and is not repeated", async () => {
    const world = await openWorld({ messaging: failingPublish((k) => (k === 1 ? "before" : undefined), cut(false)) });
    const process = await world.process("s1");
    for (const name of names(1_500)) await process.register(name);
    const report = await send(world, null);
    expect(report).toMatchObject({ targetCount: 1_500, deliveredCount: 500, failedCount: 1_000, timeoutCount: 0 });
    expect(report.statuses[0]).toMatchObject({ status: "failed", code: "UNAVAILABLE" });
    await eventually("the rest arrives", () => process.received.length === 500);
  });

  test("a publish whose reply was lost may have arrived, and is not repeated either", async () => {
    const world = await openWorld({ messaging: failingPublish((k) => (k === 1 ? "after" : undefined), cut(true)) });
    const process = await world.process("s1");
    for (const name of names(1_500)) await process.register(name);
    const report = await send(world, null);
    expect(report).toMatchObject({ targetCount: 1_500, deliveredCount: 500, failedCount: 0, timeoutCount: 1_000 });
    expect(report.statuses[0]).toMatchObject({ status: "timeout", code: "INDETERMINATE" });
    await eventually("all arrive", () => process.received.length === 1_500);
  });

  test("one message of a batch that failed concerns only its recipients", async () => {
    const world = await openWorld();
    const [here, gone] = [await world.process("s1"), await world.process("s2")];
    for (const name of names(10, "here-")) await here.register(name);
    for (const name of names(10, "gone-")) await gone.register(name);
    await gone.node.close();
    const report = await send(world, null);
    expect(report).toMatchObject({ targetCount: 20, deliveredCount: 10, failedCount: 10 });
    expect(new Set(report.statuses.map(({ code }) => code))).toEqual(new Set(["NO_ROUTE"]));
  });

  test("statuses are capped and counts are not", async () => {
    const world = await openWorld();
    await storeMany(world.context.registry, names(2_500));
    const report = await send(world, null);
    expect(report).toMatchObject({ targetCount: 2_500, failedCount: 2_500 });
    expect(report.statuses).toHaveLength(1_000);
  });

  test("onReceipts sees every recipient once, and holds the multicast back while it looks", async () => {
    const world = await openWorld();
    const process = await world.process("s1");
    for (const name of names(1_200)) await process.register(name);
    await storeMany(world.context.registry, ["offline"]);
    const receipts: Receipt[] = [];
    let looking = 0;
    const report = await send(world, null, {
      onReceipts: async (page) => {
        looking += 1;
        expect(looking).toBe(1);
        await new Promise(setImmediate);
        receipts.push(...page);
        looking -= 1;
      },
    });
    expect(receipts).toHaveLength(report.targetCount);
    expect(new Set(receipts.map(({ identity }) => identity)).size).toBe(1_201);
    expect(receipts.filter(({ status }) => status === "delivered")).toHaveLength(1_200);
    expect(receipts.find(({ status }) => status === "delivered")).not.toHaveProperty("code");
    expect(receipts.find(({ identity }) => identity === "offline")).toMatchObject({
      status: "failed",
      code: "NO_ROUTE",
    });
  });
});

describe("after the first publish nothing throws", () => {
  test("a registry that fails later makes the report incomplete, and everyone resolved is in it", async () => {
    const down = new MusterError({ code: "UNAVAILABLE", source: "test", message: "down" });
    const world = await openWorld({ registry: failingScan(14, down) });
    const process = await world.process("s1");
    const all = names(2_000);
    for (const name of all) await process.register(name);
    const report = await send(world, null);
    expect(report.incomplete).toEqual({ code: "UNAVAILABLE", after: all[1_299] });
    expect(report).toMatchObject({ targetCount: 1_300, deliveredCount: 1_300 });
    await eventually("they arrive", () => process.received.length === 1_300);
  });

  test("what a backend throws that is no coded error is INTERNAL", async () => {
    const world = await openWorld({ registry: failingScan(14, new TypeError("a bug")) });
    const process = await world.process("s1");
    for (const name of names(2_000)) await process.register(name);
    expect((await send(world, null)).incomplete?.code).toBe("INTERNAL");
  });

  test("at the deadline, what was not published has failed with TIMEOUT and what was not answered is indeterminate", async () => {
    const world = await openWorld({ messaging: stalling(2) });
    const process = await world.process("s1");
    for (const name of names(3_500)) await process.register(name);
    using call = linkCall({ timeoutMs: 200 }, 1_000, "test");
    const report = await multicast(world.context, null, "x", {}, call);
    expect(sum(report)).toBe(report.targetCount);
    expect(report.deliveredCount).toBe(1_000);
    expect(report.timeoutCount).toBeGreaterThan(0);
    expect(new Set(report.statuses.map(({ status, code }) => `${status} ${code}`))).toEqual(
      new Set(["timeout INDETERMINATE"]),
    );
    expect(report.failedCount).toBeGreaterThan(0);
    expect(report.incomplete?.code ?? "TIMEOUT").toBe("TIMEOUT");
  });

  test("an abort rejects with the report so far", async () => {
    const controller = new AbortController();
    const world = await openWorld({ messaging: stalling(2, () => controller.abort()) });
    const process = await world.process("s1");
    for (const name of names(3_500)) await process.register(name);
    using call = linkCall({ signal: controller.signal }, 10_000, "test");
    const error: unknown = await multicast(world.context, null, "x", {}, call).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ABORTED", mayHaveApplied: true });
    const { report } = (error as MusterError<"ABORTED">).detail;
    expect(report).toMatchObject({ deliveredCount: 1_000 });
    expect(report === undefined ? -1 : sum(report)).toBe(report?.targetCount);
  });

  test("an onReceipts that throws ends the multicast like an abort, with its error as the cause", async () => {
    const world = await openWorld();
    await (await world.process("s1")).register("ada");
    const mine = new Error("enough");
    const error: unknown = await send(world, null, {
      onReceipts: () => {
        throw mine;
      },
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ABORTED", detail: { report: { deliveredCount: 1 } }, cause: { cause: mine } });
  });

  test("after onReceipts has thrown nothing more is published, and the report says so", async () => {
    const world = await openWorld();
    const process = await world.process("s1");
    for (const name of names(5_500)) await process.register(name);
    const error: unknown = await send(world, null, {
      onReceipts: () => {
        throw new Error("enough");
      },
    }).catch((thrown: unknown) => thrown);
    const { report } = (error as MusterError<"ABORTED">).detail;
    expect(report?.incomplete?.code).toBe("ABORTED");
    expect(report?.failedCount).toBeGreaterThan(0);
    expect(new Set(report?.statuses.map(({ code }) => code))).toEqual(new Set(["ABORTED"]));
    await eventually("what was accepted arrives", () => process.received.length >= (report?.deliveredCount ?? 0));
    await new Promise(setImmediate);
    expect(process.received).toHaveLength(report?.deliveredCount ?? -1);
  });
});

/** From the k-th publish on, the sender's messages are never answered; each stalled call honours its signal. */
function stalling(from: number, onStall: () => void = () => {}) {
  let calls = 0;
  return (plain: MessagingBackend): MessagingBackend =>
    interposed(plain, {
      traits: (traits) => ({ ...traits, maxBatch: 1 }),
      publishMany: (original) => async (batch, call) => {
        calls += 1;
        if (calls < from) return original(batch, call);
        setImmediate(onStall);
        await new Promise((resolve) => {
          call.signal.addEventListener("abort", resolve, { once: true });
        });
        return original(batch, call).catch((cause: unknown) => {
          throw new MusterError({ code: "TIMEOUT", source: "test", message: "no answer", mayHaveApplied: true, cause });
        });
      },
    });
}

function sum(report: MulticastReport): number {
  return report.deliveredCount + report.pendingCount + report.failedCount + report.timeoutCount;
}
