import { expect, test } from "vitest";
import { identityOf, standingKey, tombstoneKey } from "../src/keys.ts";

const LONG = "€".repeat(85);

test.each(["sensor-7", "Sensor", "a/b", "..", "con", "=a", "A.json", "_41", "€"])(
  "%j is told by its file's name",
  (identity) => {
    expect(identityOf(standingKey(identity).name)).toBe(identity);
  },
);

test("names differ where the file system folds case, and fit into it", () => {
  const names = ["aa", "aA", "Aa", "AA", "=aa", LONG, `${LONG}a`, `${LONG}A`, "X".repeat(256)].map(
    (identity) => standingKey(identity).name,
  );
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(255);
});

test("a long name is cut, and doesn't pretend to tell an identity", () => {
  expect(identityOf(standingKey(LONG).name)).toBeUndefined();
});

test("sessions stand apart, and end like others", () => {
  expect(standingKey("$session/s").place).toBe("sessions");
  expect(standingKey("session/s").place).toBe("identities");
  expect(tombstoneKey("$session/s").place).toBe("tombstones");
});
