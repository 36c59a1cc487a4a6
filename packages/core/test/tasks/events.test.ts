import { expect, test } from "vitest";
import { Emitter } from "../../src/tasks/events.ts";
import type { MusterError } from "../../src/slots/index.ts";

interface Events {
  number: number;
  nothing: undefined;
}

test("everyone who listens is called, in the order they came, until they stop listening", () => {
  const emitter = new Emitter<Events>(() => {});
  const heard: string[] = [];
  const first = emitter.on("number", (n) => heard.push(`first ${n}`));
  emitter.on("number", (n) => heard.push(`second ${n}`));
  emitter.emit("number", 1);
  first[Symbol.dispose]();
  emitter.emit("number", 2);
  emitter.emit("nothing", undefined);
  expect(heard).toEqual(["first 1", "second 1", "second 2"]);
});

test("a listener that throws is warned of and stops nobody", () => {
  const warnings: MusterError[] = [];
  const emitter = new Emitter<Events>((error) => warnings.push(error));
  const heard: number[] = [];
  emitter.on("number", () => {
    throw new Error("broken");
  });
  emitter.on("number", (n) => heard.push(n));
  emitter.emit("number", 1);
  expect(heard).toEqual([1]);
  expect(warnings).toMatchObject([{ code: "INTERNAL", subject: "number" }]);
});
