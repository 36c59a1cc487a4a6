import type { FilterInput } from "@muster/filter";
import { expect, test } from "vitest";
import { multicast } from "../../src/multicast.ts";
import { linkCall, MusterError } from "../../src/slots/index.ts";
import { interposed } from "../support/interposed.ts";
import { failingScan, send } from "../support/sending.ts";
import { CALL, names, openWorld } from "../support/world.ts";

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
    detail: { feature: "at-most-once" },
  });
});

test("exactly-once without a transactional durability slot is refused with the reason, not weakened", async () => {
  const world = await openWorld();
  const sent = send(world, null, { delivery: "exactly-once" });
  await expect(sent).rejects.toMatchObject({ code: "UNSUPPORTED", detail: { feature: "exactly-once" } });
  await expect(sent).rejects.toThrow(/takes a durability slot with transactions/);
});

test.each(["idempotencyKey", "ttlMs"] as const)("%s is refused where nothing is kept", async (feature) => {
  const world = await openWorld();
  const option = feature === "ttlMs" ? { ttlMs: 1_000 } : { idempotencyKey: "k" };
  await expect(send(world, null, option)).rejects.toMatchObject({ code: "UNSUPPORTED", detail: { feature } });
});

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

test("a registry that fails for good before the first publish is an error, and nobody gets anything", async () => {
  const denied = new MusterError({ code: "PERMISSION_DENIED", source: "test", message: "denied" });
  const world = await openWorld({ registry: failingScan(2, denied) });
  const process = await world.process("s1");
  for (const name of names(150)) await process.register(name);
  await expect(send(world, null)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(process.received).toEqual([]);
});

test("a caller that has given up already gets ABORTED without a report", async () => {
  const world = await openWorld();
  await (await world.process("s1")).register("ada");
  using call = linkCall({ signal: AbortSignal.abort() }, 1_000, "test");
  await expect(multicast(world.context, null, "x", {}, call)).rejects.toMatchObject({ code: "ABORTED", detail: {} });
});
