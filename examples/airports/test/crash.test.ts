import { expect, it } from "vitest";
import { callRollWithCrash } from "../src/crash.ts";
import { EVERYONE } from "../src/missions.ts";
import { UsageError } from "../src/options.ts";
import { openStore } from "../src/store.ts";
import { World } from "../src/world.ts";

it("refuses to kill where no process can be killed", async () => {
  await using store = await openStore({ store: "memory", delivery: "at-least-once", processes: 1 });
  await using world = await World.open(store, { processes: 1, withMortal: false });
  await expect(callRollWithCrash(world, EVERYONE, "Hello", () => {})).rejects.toThrow(UsageError);
});
