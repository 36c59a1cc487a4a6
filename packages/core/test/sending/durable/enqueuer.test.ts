import { expect, test } from "vitest";
import { Enqueuer } from "../../../src/sending/durable/enqueuer.ts";
import { Tally } from "../../../src/sending/report.ts";
import {
  type BatchFailure,
  type DurabilityBackend,
  linkCall,
  MusterError,
  type Target,
} from "../../../src/slots/index.ts";

type Answer = (failures: readonly BatchFailure[]) => void;

const MAX_BATCH = 4;
const MESSAGE = {
  id: "m",
  contentType: "text/plain",
  sentAt: 0,
  guarantee: "at-least-once",
  replyTo: undefined,
  payload: new Uint8Array(),
} as const;

/** A letter each. */
function targets(letters: string): readonly Target[] {
  return letters.split("").map((identity) => ({ identity, epoch: 1 }));
}

function names(some: readonly Target[]): string {
  return some.map(({ identity }) => identity).join("");
}

/** Of a store that answers when it is told to. */
function slowStore(): {
  durability: Pick<DurabilityBackend, "enqueueMany" | "traits">;
  batches: string[];
  answers: Answer[];
} {
  const batches: string[] = [];
  const answers: Answer[] = [];
  const enqueueMany: DurabilityBackend["enqueueMany"] = (_, batch) => {
    batches.push(names(batch));
    return new Promise((resolve) => {
      answers.push(resolve);
    });
  };
  return {
    durability: { traits: { maxBatch: MAX_BATCH } as DurabilityBackend["traits"], enqueueMany },
    batches,
    answers,
  };
}

test("what waits while others are in flight becomes one batch, as far as one may go", async () => {
  using call = linkCall({}, 5_000, "test");
  const { durability, batches, answers } = slowStore();
  const tally = new Tally();
  const enqueuer = new Enqueuer({ durability, message: MESSAGE, ttlMs: 1, tally }, call);
  const accepted: string[] = [];
  const onAccepted = (some: readonly Target[]): void => void accepted.push(names(some));
  for (const page of ["a", "b", "cd", "e"]) await enqueuer.add(targets(page), onAccepted);
  expect(batches).toEqual(["a", "b"]);

  let hasRoom = false;
  const adding = enqueuer.add(targets("fgh"), onAccepted).then(() => {
    hasRoom = true;
  });
  answers[0]?.([]);
  await expect.poll(() => batches).toEqual(["a", "b", "cdef"]);
  expect(accepted).toEqual(["a"]);
  await adding;
  expect(hasRoom).toBe(true);

  const error = new MusterError({ code: "UNREGISTERED", source: "test", message: "gone" });
  answers[2]?.([{ index: 2, error }]);
  answers[1]?.([]);
  await expect.poll(() => batches).toEqual(["a", "b", "cdef", "gh"]);
  answers[3]?.([]);
  await enqueuer.finish();
  expect(accepted).toEqual(["a", "cd", "", "f", "b", "gh"]);
  expect(tally.report("m", undefined).statuses).toEqual([
    expect.objectContaining({ identity: "e", code: "UNREGISTERED" }),
  ]);
});

test("nobody adds more than one batch to what waits", async () => {
  using call = linkCall({}, 5_000, "test");
  const { durability, batches, answers } = slowStore();
  const enqueuer = new Enqueuer({ durability, message: MESSAGE, ttlMs: 1, tally: new Tally() }, call);
  const ignore = (): void => undefined;
  for (const page of ["a", "b", "cde"]) await enqueuer.add(targets(page), ignore);
  let hasRoom = false;
  const adding = enqueuer.add(targets("f"), ignore).then(() => {
    hasRoom = true;
  });
  await new Promise(setImmediate);
  expect([hasRoom, batches]).toEqual([false, ["a", "b"]]);
  answers[0]?.([]);
  await adding;
  answers[1]?.([]);
  await expect.poll(() => answers).toHaveLength(3);
  answers[2]?.([]);
  await enqueuer.finish();
  expect(batches).toEqual(["a", "b", "cdef"]);
});
