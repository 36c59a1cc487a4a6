import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { CALL, fixture, set, startSession } from "../support.ts";

test("getMany answers in the order asked, undefined for the unknown, and gives sessions too", async () => {
  const registry = await fixture().client();
  await set(registry, entry("a"));
  await startSession(registry, "s");
  const found = await registry.getMany(["nobody", "$session/s", "a", "a"], CALL);
  expect(found.map((one) => one?.identity)).toEqual([undefined, "$session/s", "a", "a"]);
});
