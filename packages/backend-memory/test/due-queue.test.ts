import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, DueQueue } from "../src/due-queue.ts";

interface Task extends Due {
  readonly id: number;
}

const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("set" as const), id: fc.nat({ max: 30 }), dueAt: fc.nat({ max: 100 }) }),
    fc.record({ kind: fc.constant("delete" as const), id: fc.nat({ max: 30 }), dueAt: fc.constant(0) }),
  ),
  { maxLength: 120 },
);

test("gives items by time, however they were added, moved and deleted", () => {
  fc.assert(
    fc.property(changes, fc.nat({ max: 100 }), (sequence, now) => {
      const queue = new DueQueue<Task>();
      const queued = new Map<number, Task>();
      for (const { kind, id, dueAt } of sequence) {
        const known = queued.get(id);
        if (kind === "set" && known !== undefined) queue.move(known, dueAt);
        if (kind === "set" && known === undefined) {
          const task = { id, dueAt: 0, place: 0 };
          queued.set(id, task);
          queue.add(task, dueAt);
        }
        if (kind === "delete" && known !== undefined) {
          queue.delete(known);
          queued.delete(id);
        }
      }
      const due = [...queue.dueBy(now)].map(({ id }) => id).sort((a, b) => a - b);
      expect(due).toEqual(
        [...queued.values()]
          .filter((task) => task.dueAt <= now)
          .map(({ id }) => id)
          .sort((a, b) => a - b),
      );

      const times: number[] = [];
      for (let first = queue.first; first !== undefined; first = queue.first) {
        times.push(first.dueAt);
        queue.delete(first);
      }
      expect(times).toEqual([...queued.values()].map(({ dueAt }) => dueAt).sort((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});
