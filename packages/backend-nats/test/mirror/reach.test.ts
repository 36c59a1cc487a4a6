import { expect, test } from "vitest";
import { Reach } from "../../src/mirror/reach.ts";

test("whoever waits for a place learns when it is reached or passed, and no earlier", async () => {
  const reach = new Reach();
  const told: number[] = [];
  const waiting = [3, 1, 2].map(async (place) => {
    await reach.wait(place);
    told.push(place);
  });
  reach.advance(1);
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toEqual([1]);
  expect(reach.next).toBe(2);
  reach.advance(7);
  await Promise.all(waiting);
  expect(new Set(told)).toEqual(new Set([1, 2, 3]));
  expect(reach.isAwaited).toBe(false);
  expect(reach.reached).toBe(7);
});

test("it goes back for another stream only", async () => {
  const reach = new Reach();
  reach.advance(5);
  reach.advance(3);
  expect(reach.reached).toBe(5);
  const waiting = reach.wait(6);
  reach.beginAnew(new Error("another"));
  await expect(waiting).rejects.toThrow("another");
  expect(reach.reached).toBe(0);
});
