import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedHeap } from "../../src/slots/bounded-heap.ts";

test("it keeps what sorting and cutting would keep", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 300 }), fc.nat({ max: 50 }), (items, capacity) => {
      const heap = new BoundedHeap<number>(capacity, (a, b) => a - b);
      for (const item of items) heap.add(item);
      expect(heap.sorted()).toEqual(items.toSorted((a, b) => a - b).slice(0, capacity));
    }),
  );
});
