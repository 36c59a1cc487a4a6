import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { memoryFaults, memoryTransaction } from "../src/index.ts";

describe("a program's transaction", () => {
  it("lets its effects happen in their order when it commits, and only once", async () => {
    const transaction = memoryTransaction();
    const done: number[] = [];
    for (const n of [1, 2, 3]) transaction.onCommit(() => void done.push(n));
    expect(done).toEqual([]);
    await transaction.commit();
    expect(done).toEqual([1, 2, 3]);
    await expect(transaction.commit()).rejects.toMatchObject({ code: "CLOSED" });
    await transaction.rollback();
    expect(done).toEqual([1, 2, 3]);
  });

  it("lets nothing happen once it was rolled back", async () => {
    const transaction = memoryTransaction();
    const done: number[] = [];
    transaction.onCommit(() => void done.push(1));
    await transaction.rollback();
    await transaction.rollback();
    await expect(transaction.commit()).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => transaction.onCommit(() => {})).toThrow("CLOSED");
    expect(done).toEqual([]);
  });

  it("is still open when its commit has not reached the store", async () => {
    const faults = memoryFaults();
    const transaction = memoryTransaction({ faults });
    const done: number[] = [];
    transaction.onCommit(() => void done.push(1));
    faults.down("store");
    await expect(transaction.commit()).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
    faults.up("store");
    await transaction.commit();
    expect(done).toEqual([1]);
  });

  it("has committed when only the answer got lost", async () => {
    const faults = memoryFaults();
    const transaction = memoryTransaction({ faults });
    const done: number[] = [];
    transaction.onCommit(() => void done.push(1));
    faults.down("replies");
    await expect(transaction.commit()).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: true });
    expect(done).toEqual([1]);
  });

  it("goes with its process", async () => {
    const faults = memoryFaults();
    const transaction = memoryTransaction({ faults });
    const done: number[] = [];
    transaction.onCommit(() => void done.push(1));
    faults.stop();
    expect(() => transaction.onCommit(() => {})).toThrow("CLOSED");
    const committing = transaction.commit().then(() => "committed");
    expect(await Promise.race([committing, turn("never")])).toBe("never");
    expect(done).toEqual([]);
  });
});
