import type { FilterInput } from "@muster/filter";
import { expect, test } from "vitest";
import { count } from "../src/count.ts";
import type { RegistryBackend } from "../src/slots/index.ts";
import { interposed } from "./support/interposed.ts";
import { CALL, names, openWorld, storeMany, type World } from "./support/world.ts";

async function fleet(calls: string[], facets: "with" | "without"): Promise<World> {
  const log =
    <Method extends "scan" | "scanRoutes">(name: Method) =>
    (original: RegistryBackend[Method]): RegistryBackend[Method] =>
      ((query, call) => {
        calls.push(name);
        return original(query, call);
      }) as RegistryBackend[Method]; // Both take and give the same.
  const world = await openWorld({
    registry: (plain) =>
      interposed(plain, {
        scan: log("scan"),
        scanRoutes: log("scanRoutes"),
        ...(facets === "with" ? {} : { filters: () => undefined, counts: () => undefined }),
      }),
  });
  const process = await world.process("s1");
  for (const [index, name] of names(20).entries()) await process.register(name, { index });
  await storeMany(world.context.registry, ["offline"]);
  return world;
}

const CASES: readonly [FilterInput | null | undefined, number, string | undefined, string | undefined][] = [
  [null, 21, undefined, "scanRoutes"],
  [undefined, 21, undefined, "scanRoutes"],
  [{ "index.lt": 5 }, 5, undefined, "scan"],
  [{ $identity: "offline" }, 1, undefined, "scanRoutes"],
  [{ $attached: true }, 20, "scanRoutes", "scanRoutes"],
  [{ $attached: true, "index.lt": 5 }, 5, "scanRoutes", "scan"],
  [{ $or: [{ $attached: false }, { "index.lt": 5 }] }, 6, "scan", "scan"],
];

test.each(CASES)(
  "%j counts %i, by %s with facets and by %s without: never metadata that nobody asks for",
  async (filter, expected, withFacets, without) => {
    const calls: string[] = [];
    expect(await count((await fleet(calls, "with")).context, filter, CALL)).toBe(expected);
    expect(calls).toEqual(withFacets === undefined ? [] : [withFacets]);
    calls.length = 0;
    expect(await count((await fleet(calls, "without")).context, filter, CALL)).toBe(expected);
    expect(calls).toEqual([without]);
  },
);

test("an empty filter is refused", async () => {
  const { context } = await openWorld();
  await expect(count(context, {}, CALL)).rejects.toMatchObject({ code: "INVALID_FILTER" });
});
