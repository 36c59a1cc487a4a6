import { MusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { outcomeOf, rejection } from "../src/index.ts";

function failing(mayHaveApplied = false): Promise<never> {
  return Promise.reject(new MusterError({ code: "TIMEOUT", source: "test", message: "late", mayHaveApplied }));
}

test("an outcome is a code, with a question mark where it may have been applied", async () => {
  expect(await outcomeOf(Promise.resolve(1))).toBe("fine");
  expect(await outcomeOf(failing())).toBe("TIMEOUT");
  expect(await outcomeOf(failing(true))).toBe("TIMEOUT?");
  await expect(outcomeOf(Promise.reject(new TypeError("a bug")))).rejects.toThrow(TypeError);
});

test("a rejection has the code that was asked for, or is none", async () => {
  expect((await rejection(failing(), "TIMEOUT")).code).toBe("TIMEOUT");
  await expect(rejection(failing(), "CLOSED")).rejects.toThrow("expected CLOSED");
  await expect(rejection(Promise.resolve(), "CLOSED")).rejects.toThrow("it resolved");
});
