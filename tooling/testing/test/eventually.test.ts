import { expect, test } from "vitest";
import { eventually, until } from "../src/index.ts";

test("what comes true is waited for, and its value is given", async () => {
  let asked = 0;
  const third = (): number => {
    asked += 1;
    if (asked < 3) throw new Error("not yet");
    return asked;
  };
  expect(await eventually(third)).toBe(3);
  await until(async () => (asked += 1) > 5);
  expect(asked).toBe(6);
});

test("what does not come true fails with its last reason", async () => {
  await expect(eventually(() => Promise.reject(new Error("never")), 1)).rejects.toThrow("never");
  await expect(until(async () => false, 1)).rejects.toThrow("not so in time");
});
