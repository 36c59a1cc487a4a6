import { expect, test } from "vitest";
import { routesIn } from "../../src/store/routes.ts";

test("nobody is a row of nulls", () => {
  expect(routesIn(Array.from({ length: 11 }, () => null))).toEqual([]);
});

test("columns are cut by the bytes of their texts, whatever these hold", () => {
  const [identities, sessions, addresses] = [
    ["a b", "ü\n", "😀", "z"],
    ["s é", "s"],
    ["1 2 3", "b\tü"],
  ];
  const row = [
    identities.join(""),
    sessions.join(""),
    addresses.join(""),
    "3 3 4 1",
    "4  1 ",
    "  5 4",
    "9007199254740991 1 2 3",
    "1700000000000 0 0 0",
    "  1700000000001 ",
    "30000   0",
    "1 2 3 4",
  ];
  const none = { session: undefined, address: undefined, expiresAt: undefined, ttlMs: undefined };
  expect(routesIn(row)).toEqual([
    {
      ...none,
      identity: "a b",
      session: "s é",
      epoch: Number.MAX_SAFE_INTEGER,
      registeredAt: 1_700_000_000_000,
      ttlMs: 30_000,
      revision: 1,
    },
    { ...none, identity: "ü\n", epoch: 1, registeredAt: 0, revision: 2 },
    {
      ...none,
      identity: "😀",
      session: "s",
      address: "1 2 3",
      epoch: 2,
      registeredAt: 0,
      expiresAt: 1_700_000_000_001,
      revision: 3,
    },
    { ...none, identity: "z", address: "b\tü", epoch: 3, registeredAt: 0, ttlMs: 0, revision: 4 },
  ]);
});
