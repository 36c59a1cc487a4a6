import { expect, test } from "vitest";
import { takeIn } from "../../../src/sending/acknowledged/answers.ts";
import { SentFrame, STANDING } from "../../../src/sending/acknowledged/sent-frame.ts";
import { PLACE_STATE, type PlaceRun } from "../../../src/wire/acknowledgement.ts";
import { names } from "../../support/world.ts";

/** A frame that has been sent for the first time. */
function sentFrame(size: number): SentFrame {
  const identities = names(size);
  const frame = new SentFrame(1, { identities, epochs: identities.map(() => 1), addresses: "n.0" });
  for (let index = 0; index < size; index += 1) frame.put(index, STANDING.sent);
  return frame;
}

function answer(attempt: number, ...runs: readonly PlaceRun[]): Parameters<typeof takeIn>[1] {
  return { id: "m", frame: 1, attempt, runs, reasons: [] };
}

test("a frame that all have handled is settled at one stroke", () => {
  const frame = sentFrame(3);
  expect(takeIn(frame, answer(1, [0, 2, PLACE_STATE.handled])).delivered).toEqual(names(3));
  expect([frame.open, frame.isSettled(0), frame.isSettled(2)]).toEqual([0, true, true]);
});

test("an answer to an earlier try says nothing of the last one, unless it is final", () => {
  for (const state of [PLACE_STATE.absent, PLACE_STATE.untried, PLACE_STATE.thrown, PLACE_STATE.running]) {
    const frame = sentFrame(1);
    frame.putAttempt(0, 2);
    expect(takeIn(frame, answer(1, [0, 0, state]))).toMatchObject({ missed: [], isToTurn: false });
    expect(frame.standingAt(0)).toBe(STANDING.sent);
  }
  const frame = sentFrame(2);
  frame.putAttempt(0, 2);
  frame.putAttempt(1, 2);
  const { delivered, rejected } = takeIn(frame, answer(1, [0, 0, PLACE_STATE.handled], [1, 1, PLACE_STATE.rejected]));
  expect([delivered.length, rejected.length, frame.open]).toEqual([1, 1, 0]);
});

test("of the last try each state has its consequence", () => {
  const frame = sentFrame(5);
  const runs: PlaceRun[] = Object.values(PLACE_STATE)
    .filter((state) => state !== PLACE_STATE.handled)
    .map((state, place) => [place, place, state]);
  const { missed, rejected, isToTurn } = takeIn(frame, answer(1, ...runs));
  expect([missed, rejected.map(({ identity }) => identity), isToTurn]).toEqual([[4], [names(2)[1]], true]);
  expect([0, 1, 2, 3, 4].map((index) => frame.standingAt(index))).toEqual([
    STANDING.running,
    STANDING.settled,
    STANDING.again,
    STANDING.again,
    STANDING.looking,
  ]);
});

test("an acknowledgement that repeats what is known is no duplicate, and another try's counts once", () => {
  const frame = sentFrame(2);
  const first = answer(1, [0, 0, PLACE_STATE.handled], [1, 1, PLACE_STATE.running]);
  const second = answer(2, [0, 0, PLACE_STATE.handled]);
  const duplicates = [first, first, second, first, second].map((one) => takeIn(frame, one).duplicates);
  expect(duplicates).toEqual([0, 0, 1, 0, 0]);
});

test("places that the frame doesn't have, and states of a later release, change nothing", () => {
  const frame = sentFrame(2);
  expect(takeIn(frame, answer(1, [2, 65_535, PLACE_STATE.handled], [0, 1, 77]))).toMatchObject({ delivered: [] });
  expect(frame.open).toBe(2);
});
