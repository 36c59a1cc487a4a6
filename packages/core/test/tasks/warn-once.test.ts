import { expect, test } from "vitest";
import { MusterError } from "../../src/slots/index.ts";
import { warnOnce } from "../../src/tasks/warn-once.ts";

test("the first error of each code is warned of, and no other", () => {
  const told: string[] = [];
  const warn = warnOnce(({ message }) => void told.push(message));
  const error = (code: "UNAVAILABLE" | "TIMEOUT", message: string): MusterError =>
    new MusterError({ code, source: "test", message });
  for (const one of [error("UNAVAILABLE", "1"), error("UNAVAILABLE", "2"), error("TIMEOUT", "3")]) warn(one);
  expect(told).toEqual(["[UNAVAILABLE] test: 1", "[TIMEOUT] test: 3"]);
});
