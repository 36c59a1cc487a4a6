import { expect, test } from "vitest";
import { outageGuard } from "../../src/life/outage-guard.ts";

const HOLD = 1_000;
const CALM = { counted: 100, expired: 0 };
const MASSIVE = { counted: 100, expired: 51 };

test("a calm store is reaped at once", () => {
  const guard = outageGuard(HOLD);
  guard.observe(CALM, 0);
  expect(guard.state(0)).toEqual({ held: false });
});

test("while the store doesn't answer, reaping is held without an end in sight", () => {
  const guard = outageGuard(HOLD);
  guard.failed();
  expect(guard.state(5)).toEqual({ held: true, reason: "outage" });
});

test("after an outage reaping is held for one hold from the first answer", () => {
  const guard = outageGuard(HOLD);
  guard.failed();
  guard.observe(CALM, 50);
  expect(guard.state(50)).toEqual({ held: true, reason: "outage", until: 1_050 });
  guard.observe(CALM, 1_049);
  expect(guard.state(1_049).held).toBe(true);
  expect(guard.state(1_050).held).toBe(false);
});

test("most of them expired at once holds reaping", () => {
  const guard = outageGuard(HOLD);
  guard.observe(MASSIVE, 0);
  expect(guard.state(0)).toEqual({ held: true, reason: "mass-expiry", until: HOLD });
});

test.each([
  ["exactly half", { counted: 100, expired: 50 }],
  ["fewer than 20", { counted: 19, expired: 19 }],
])("%s expired is no mass expiry", (_what, census) => {
  const guard = outageGuard(HOLD);
  guard.observe(census, 0);
  expect(guard.state(0).held).toBe(false);
});

test("a mass expiry that goes on is waited for twice as long at most, and is not held again", () => {
  const guard = outageGuard(HOLD);
  for (let now = 0; now < 2 * HOLD; now += 100) {
    guard.observe(MASSIVE, now);
    expect(guard.state(now).held).toBe(true);
  }
  for (let now = 2 * HOLD; now < 5 * HOLD; now += 100) {
    guard.observe(MASSIVE, now);
    expect(guard.state(now).held).toBe(false);
  }
});

test("an outage's hold is prolonged while most are expired, but ends by itself", () => {
  const guard = outageGuard(HOLD);
  guard.failed();
  guard.observe(MASSIVE, 0);
  guard.observe(MASSIVE, 900);
  expect(guard.state(1_500)).toMatchObject({ held: true, until: 1_900 });
  guard.observe(MASSIVE, 1_800);
  expect(guard.state(1_999).held).toBe(true);
  guard.observe(MASSIVE, 2_000);
  expect(guard.state(2_000).held).toBe(false);
});

test("a hold is not prolonged once those who live have renewed", () => {
  const guard = outageGuard(HOLD);
  guard.observe(MASSIVE, 0);
  guard.observe(CALM, 500);
  expect(guard.state(999).held).toBe(true);
  expect(guard.state(1_000).held).toBe(false);
});

test("a second mass expiry, after a calm time, is held anew", () => {
  const guard = outageGuard(HOLD);
  for (let now = 0; now <= 2 * HOLD; now += 100) guard.observe(MASSIVE, now);
  expect(guard.state(2 * HOLD).held).toBe(false);
  guard.observe(CALM, 3 * HOLD);
  guard.observe(MASSIVE, 4 * HOLD);
  expect(guard.state(4 * HOLD).held).toBe(true);
});
