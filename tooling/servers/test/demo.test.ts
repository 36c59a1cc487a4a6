import { expect, test } from "vitest";
import { step, tell, type Step } from "../src/demo.ts";

test("a step agrees when every fact that is expected is there, whatever else is", () => {
  const { disagreements } = step("two", [], { found: ["a", "b"], elapsedMs: 3 }, { found: ["a", "b"] });
  expect(disagreements).toEqual([]);
});

test("a step says of each fact what it is and what it should be", () => {
  const { disagreements } = step("two", [], { found: ["a"] }, { found: ["a", "b"], lost: 0 });
  expect(disagreements).toEqual(['found: ["a"] instead of ["a","b"]', "lost: undefined instead of 0"]);
});

async function* endless(): AsyncGenerator<Step, void, undefined> {
  yield step("one", [], {}, {});
  await new Promise(() => {}); // A step that never ends.
}

test("a story is left in the middle of a step when its audience is gone", async () => {
  const heard: string[] = [];
  let leave = (): void => {};
  const gone = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const show = ({ title }: Step): void => {
    heard.push(title);
    leave();
  };
  await tell(endless(), { show, gone });
  expect(heard).toEqual(["one"]);
});
