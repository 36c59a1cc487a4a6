import fc from "fast-check";
import { expect, test } from "vitest";
import { runsOf } from "../../../src/receiving/acknowledging/runs.ts";

test("runs say the state of every place, of no other, and no two neighbours could be one", () => {
  const place = fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 3 }));
  fc.assert(
    fc.property(fc.uniqueArray(place, { selector: ([number]) => number, maxLength: 100 }), (given) => {
      const sorted = given.toSorted(([a], [b]) => a - b);
      const [places, states] = [sorted.map(([number]) => number), sorted.map(([, state]) => state)];
      const runs = runsOf(states, places);
      const said = runs.flatMap(([first, last, state]) =>
        Array.from({ length: last - first + 1 }, (_, index) => [first + index, state]),
      );
      expect(said).toEqual(sorted);
      for (const [index, [first, , state]] of runs.entries()) {
        const before = runs[index - 1];
        expect(before !== undefined && before[1] === first - 1 && before[2] === state).toBe(false);
      }
    }),
  );
});

test("without places of their own they are numbered from 0", () => {
  expect(runsOf([1, 1, 0, 1])).toEqual([
    [0, 1, 1],
    [2, 2, 0],
    [3, 3, 1],
  ]);
  expect(runsOf([])).toEqual([]);
});
