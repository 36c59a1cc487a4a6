import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedList } from "../../src/slots/ordered-list.ts";

interface Item {
  readonly key: number;
}

function list(): OrderedList<Item> {
  return new OrderedList<Item>((a, b) => a.key - b.key);
}

function keys(items: readonly Item[]): readonly number[] {
  return items.map(({ key }) => key);
}

/** Additions and removals, with stretches long enough to split and to merge chunks. */
const churn = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 3_000 }),
    count: fc.integer({ min: 1, max: 1_500 }),
    isDeleting: fc.boolean(),
  }),
  { maxLength: 8 },
);

test("holds what was added and not deleted, in order, through any churn", () => {
  fc.assert(
    fc.property(churn, (changes) => {
      const ordered = list();
      const model = new Set<number>();
      for (const { from, count, isDeleting } of changes) {
        for (let key = from; key < from + count; key++) {
          if (isDeleting) ordered.delete({ key });
          else if (!model.has(key)) ordered.add({ key });
          if (isDeleting) model.delete(key);
          else model.add(key);
        }
      }
      const expected = [...model].sort((a, b) => a - b);
      expect(ordered.size).toBe(expected.length);
      expect(ordered.first?.key).toBe(expected[0]);
      expect(keys(ordered.take(() => false, Number.POSITIVE_INFINITY))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("keeps the order of items that come in any order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 2_000 }), (added) => {
      const ordered = list();
      for (const key of added) ordered.add({ key });
      expect(keys(ordered.take(() => false, added.length))).toEqual([...added].sort((a, b) => a - b));
    }),
  );
});

test("takes a stretch from any place, across chunks", () => {
  const ordered = list();
  for (let key = 0; key < 5_000; key++) ordered.add({ key });
  expect(keys(ordered.take(({ key }) => key < 400, 1_000))).toEqual(Array.from({ length: 1_000 }, (_, i) => 400 + i));
  expect(keys(ordered.take(({ key }) => key < 4_999, 10))).toEqual([4_999]);
  expect(ordered.take(() => true, 10)).toEqual([]);
});

test("tells how many items lie before a place", () => {
  const ordered = list();
  for (let key = 4_999; key >= 0; key--) ordered.add({ key });
  for (const at of [0, 1, 255, 256, 511, 512, 513, 2_500, 4_999]) expect(ordered.rank(({ key }) => key < at)).toBe(at);
  expect(ordered.rank(() => true)).toBe(5_000);
});

test("deleting what is not there changes nothing", () => {
  const ordered = list();
  ordered.add({ key: 1 });
  ordered.delete({ key: 2 });
  ordered.delete({ key: 0 });
  expect(keys(ordered.take(() => false, 10))).toEqual([1]);
});

test("replaces an item where it is", () => {
  const ordered = list();
  for (let key = 0; key < 2_000; key++) ordered.add({ key });
  const item = { key: 777 };
  ordered.replace(item);
  expect(ordered.take(({ key }) => key < 777, 1)[0]).toBe(item);
  expect(ordered.size).toBe(2_000);
});
