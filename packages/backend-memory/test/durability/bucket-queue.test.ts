import { describe, expect, test } from "vitest";
import { type Bucketed, BucketQueue } from "../../src/queues/bucket-queue.ts";

interface Item extends Bucketed<Item> {
  readonly name: string;
}

function item(name: string): Item {
  return { name, bucket: undefined, previous: undefined, next: undefined };
}

function drain(queue: BucketQueue<Item>, rank: number): string {
  let names = "";
  for (let taken = queue.takeUpTo(rank); taken !== undefined; taken = queue.takeUpTo(rank)) names += taken.name;
  return names;
}

describe("a bucket queue", () => {
  test("gives the smallest rank first, and of one rank who came first", () => {
    const queue = new BucketQueue<Item>();
    for (const [name, rank] of [
      ["a", 5],
      ["b", 3],
      ["c", 5],
      ["d", 3],
      ["e", 9],
    ] as const)
      queue.put(item(name), rank);
    expect(queue.first?.name).toBe("b");
    expect(queue.firstRank).toBe(3);
    expect(drain(queue, 5)).toBe("bdac");
    expect(drain(queue, 9)).toBe("e");
    expect(queue.firstRank).toBeUndefined();
  });

  test("moves what is put again, except to the rank that it has", () => {
    const queue = new BucketQueue<Item>();
    const [a, b, c, d] = [item("a"), item("b"), item("c"), item("d")];
    for (const one of [d, a, b, c]) queue.put(one, 1);
    queue.put(d, 2);
    queue.put(a, 1);
    queue.put(c, 0);
    expect(drain(queue, 2)).toBe("cabd");
  });

  test("takes out any item, once", () => {
    const queue = new BucketQueue<Item>();
    const items = ["a", "b", "c", "d"].map(item);
    for (const one of items) queue.put(one, 1);
    for (const index of [1, 1, 0, 3]) if (items[index]) queue.remove(items[index]);
    expect(drain(queue, 1)).toBe("c");
    queue.put(item("e"), 1);
    expect(drain(queue, 1)).toBe("e");
  });
});
