import fc from "fast-check";
import { assert, describe, test } from "vitest";
import { Places } from "../../src/inbox/places.ts";

const PARTITIONS = 3;

/** Addresses that are on one partition. */
function together(places: Places, count: number, partition = 0): readonly string[] {
  const all = Array.from({ length: 200 }, (_, index) => `sensor-${index}`);
  return all.filter((address) => places.partitionOf(address, PARTITIONS) === partition).slice(0, count);
}

function positionsOf(places: Places): ReadonlyMap<number, number> {
  return new Map(places.positions);
}

describe("what an inbox listens on", () => {
  test("is live from an offset on, and each record of it is taken once", () => {
    const places = new Places();
    const [a = ""] = together(places, 1);
    places.add(a, 7, PARTITIONS);
    assert.deepEqual(positionsOf(places), new Map([[0, 7]]));
    assert.isFalse(places.take(0, 6, a), "before it was live");
    assert.isTrue(places.take(0, 7, a));
    assert.isFalse(places.take(0, 7, a), "again");
    assert.isTrue(places.take(0, 9, a), "behind a gap");
    assert.deepEqual(positionsOf(places), new Map([[0, 10]]));
  });

  test("does not move a partition that is read already, and hears nothing of before", () => {
    const places = new Places();
    const [a = "", b = ""] = together(places, 2);
    places.add(a, 0, PARTITIONS);
    places.add(b, 5, PARTITIONS);
    assert.deepEqual(positionsOf(places), new Map([[0, 0]]));
    assert.isFalse(places.take(0, 4, b));
    assert.isTrue(places.take(0, 5, b));
  });

  test("is no other address of the partition, no record without a key, and nothing of other partitions", () => {
    const places = new Places();
    const [a = "", b = ""] = together(places, 2);
    places.add(a, 0, PARTITIONS);
    assert.isFalse(places.take(0, 0, b));
    assert.isFalse(places.take(0, 1, undefined));
    assert.isFalse(places.take(1, 2, a));
    assert.deepEqual(positionsOf(places), new Map([[0, 2]]));
  });

  test("leaves a partition with its last address, and begins there anew", () => {
    const places = new Places();
    const [a = "", b = ""] = together(places, 2);
    for (const address of [a, b, a]) places.add(address, 0, PARTITIONS);
    places.remove(a);
    assert.isFalse(places.take(0, 0, a));
    assert.isTrue(places.take(0, 1, b));
    places.remove(b);
    places.remove("unknown");
    assert.equal(places.positions.size, 0);
    places.add(a, 20, PARTITIONS);
    assert.deepEqual(positionsOf(places), new Map([[0, 20]]));
  });

  test("goes on elsewhere, with all its addresses, when there are other partitions", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 9 }),
        (addresses, partitions) => {
          const places = new Places();
          for (const address of addresses) places.add(address, 100, PARTITIONS);
          const { generation } = places;
          places.restart(partitions, (partition) => partition);
          assert.notEqual(places.generation, generation);
          for (const address of addresses) {
            const partition = places.partitionOf(address, partitions);
            const offset = places.positions.get(partition) ?? -1;
            assert.isTrue(places.take(partition, offset, address));
          }
        },
      ),
    );
  });

  test("hears all of a log that has taken the place of another, and goes on with the others", () => {
    const places = new Places();
    const [a = ""] = together(places, 1);
    const [b = ""] = together(places, 1, 1);
    places.add(a, 30, PARTITIONS);
    places.add(b, 30, PARTITIONS);
    const { generation } = places;
    places.rewind(0, 0);
    assert.notEqual(places.generation, generation);
    assert.deepEqual(
      positionsOf(places),
      new Map([
        [0, 0],
        [1, 30],
      ]),
    );
    assert.isTrue(places.take(0, 0, a));
    assert.isFalse(places.take(1, 0, b));
  });

  test("skips what is gone, where somebody listens", () => {
    const places = new Places();
    const [a = ""] = together(places, 1);
    places.add(a, 0, PARTITIONS);
    places.skipTo(0, 50);
    places.skipTo(1, 50);
    assert.deepEqual(positionsOf(places), new Map([[0, 50]]));
  });
});
