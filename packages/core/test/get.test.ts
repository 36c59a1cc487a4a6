import { expect, test } from "vitest";
import { get } from "../src/get.ts";
import { CALL, entry, openWorld, stored } from "./support/world.ts";

test("a registration as it stands, attached or not", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  const registration = await process.register("ada", { x: 1 });
  await stored(world.context.registry, entry("offline"));
  expect(await get(world.context, "ada", CALL)).toEqual({
    identity: "ada",
    metadata: { x: 1 },
    registeredAt: registration.registeredAt,
    attached: true,
    epoch: registration.epoch,
    revision: 1,
  });
  expect(await get(world.context, "offline", CALL)).toMatchObject({ attached: false });
});

test("the unknown is undefined", async () => {
  expect(await get((await openWorld()).context, "ada", CALL)).toBeUndefined();
});

test("sessions can't be asked for, nor anything that is no identity", async () => {
  const world = await openWorld();
  await world.process("s1");
  for (const identity of ["$session/s1", "", "a\n", "x".repeat(257)]) {
    await expect(get(world.context, identity, CALL)).rejects.toMatchObject({ code: "INVALID_IDENTITY" });
  }
});
