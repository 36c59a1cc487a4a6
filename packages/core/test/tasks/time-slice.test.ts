import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TimeSlice } from "../../src/tasks/time-slice.ts";

const STEP_MS = 0.25;

function work(): void {
  const end = performance.now() + STEP_MS;
  while (performance.now() < end);
}

type Pause = (slice: TimeSlice) => Promise<void> | undefined;

/** Runs `loops` at once, and gives back the most steps that they took together between two turns of the event loop. */
async function mostStepsInATurn(loops: number, steps: number, pause: Pause): Promise<number> {
  let [inTurn, most, isOver] = [0, 0, false];
  const turn = (): void => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const run = async (): Promise<void> => {
    const slice = new TimeSlice();
    for (let step = 0; step < steps; step++) {
      inTurn += 1;
      work();
      const rest = pause(slice);
      if (rest !== undefined) await rest;
    }
  };
  await Promise.all(Array.from({ length: loops }, run));
  isOver = true;
  return most;
}

test("a long loop lets the event loop turn before it has worked for long", async () => {
  expect(await mostStepsInATurn(1, 100, (slice) => slice.rest())).toBeLessThanOrEqual(5);
});

test("twenty loops of one process, which go on in the same turn, together fit into it", async () => {
  expect(await mostStepsInATurn(20, 40, (slice) => slice.rest())).toBeLessThanOrEqual(20 * 5);
});

test("whoever only steps rests too, however its steps are spread over calls", async () => {
  expect(await mostStepsInATurn(1, 200, (slice) => slice.step())).toBeLessThanOrEqual(2 * 16);
});

test("a loop that has hardly begun goes on at once", () => {
  const slice = new TimeSlice();
  expect(Array.from({ length: 15 }, () => slice.step())).not.toContainEqual(expect.anything());
});

test("whoever has waited for the event loop need not rest", async () => {
  const slice = new TimeSlice();
  expect(slice.rest()).toBeUndefined();
  for (let turns = 0; turns < 3; turns += 1) {
    for (let step = 0; step < 8; step += 1) work();
    await nextTurn();
    expect(slice.rest()).toBeUndefined();
  }
});
