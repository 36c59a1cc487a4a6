import type { FilterInput } from "@muster/filter";
import { describe, expect, test } from "vitest";
import { enumerate } from "../../src/enumerate.ts";
import type { EnumerateOptions, RegisteredIdentity } from "../../src/fleet.ts";
import { identities } from "../../src/identities.ts";
import type { RegistryBackend, Route } from "../../src/slots/index.ts";
import { interposed } from "../support/interposed.ts";
import { CALL, openWorld, type World } from "../support/world.ts";

interface Watched {
  readonly world: World;
  readonly reads: string[];
}

/** A registry whose routes are nothing but routes, which sorts nothing, and which selects nothing itself unless it `filters`. */
async function watched({ filters }: { readonly filters: boolean }): Promise<Watched> {
  const reads: string[] = [];
  const registry = (plain: RegistryBackend): RegistryBackend =>
    interposed(plain, {
      ...(filters ? {} : { filters: () => undefined, counts: () => undefined }),
      sorts: () => undefined,
      scan: (original) => (query, call) => {
        reads.push("records");
        return original(query, call);
      },
      scanRoutes: (original) =>
        async function* scanRoutes(query, call) {
          reads.push("routes");
          for await (const page of original(query, call)) yield page.map(routeOf);
        },
    });
  const world = await openWorld({ registry });
  const process = await world.process("s1");
  for (const [index, name] of ["ada", "bob", "eve"].entries()) await process.register(name, { index });
  return { world, reads };
}

function routeOf({ identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision }: Route): Route {
  return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision };
}

type Case = readonly [reads: "routes" | "records", filter: FilterInput | null, options: EnumerateOptions];

const CASES: readonly Case[] = [
  ["routes", null, {}],
  ["routes", null, { sortBy: ["$registeredAt desc", "$identity desc"] }],
  ["routes", null, { projection: ["index"], count: true }],
  ["routes", { $attached: true }, {}],
  ["routes", { $identity: { $gt: "aaa" } }, { sortBy: ["$identity desc"] }],
  ["records", null, { sortBy: ["$registeredAt", "index"] }],
  ["records", null, { includeMetadata: true, sortBy: ["$registeredAt"] }],
];

describe.each([true, false])("a list without metadata, the registry filtering: %s", (filters) => {
  test.each(CASES)("reads %s for %j with %j", async (expected, filter, options) => {
    const { world, reads } = await watched({ filters });
    const page = await enumerate(world.context, filter, { includeMetadata: false, ...options }, CALL);
    expect(new Set(reads)).toEqual(new Set([expected]));
    expect(page.identities).toHaveLength(3);
    const whole = await enumerate(world.context, filter, options, CALL);
    const shown = options.includeMetadata === true ? whole.identities : whole.identities.map(withoutMetadata);
    expect(page.identities).toEqual(shown);
  });

  test("reads what a filter over metadata needs", async () => {
    const { world, reads } = await watched({ filters });
    const filter = { "index.lt": 2 };
    expect((await enumerate(world.context, filter, { includeMetadata: false }, CALL)).identities).toHaveLength(2);
    expect(reads).toEqual([filters ? "routes" : "records"]);
  });

  test("reads routes however many pages there are", async () => {
    const { world, reads } = await watched({ filters });
    const { context } = world;
    const small = { ...context, limits: { ...context.limits, maxPageSize: 1 } };
    const found: RegisteredIdentity[] = [];
    for await (const one of identities(small, null, { includeMetadata: false }, (work) => work(CALL))) found.push(one);
    expect(found.map(({ identity, metadata, attached, revision }) => [identity, metadata, attached, revision])).toEqual(
      ["ada", "bob", "eve"].map((identity) => [identity, {}, true, 1]),
    );
    expect(new Set(reads)).toEqual(new Set(["routes"]));
  });
});

function withoutMetadata(one: RegisteredIdentity): RegisteredIdentity {
  return { ...one, metadata: {} };
}
