import fc from "fast-check";
import { assert, describe, test } from "vitest";
import { keyOf, type PositionRecord, type StateRecord } from "../../src/queues/position-records.ts";
import { type Known, merged, Table } from "../../src/queues/table.ts";

const SHARD = 0;

interface Written {
  readonly offset: number;
  readonly record: PositionRecord;
}

function table(owners: string[] = []): Table {
  return new Table({
    onOwner: (identity, { owner }) => owners.push(`${identity}: ${owner?.tag}`),
    onDrop: () => undefined,
    onRedrive: () => undefined,
    onReset: () => undefined,
  });
}

function state(tag: string, changes: Partial<StateRecord> = {}): StateRecord {
  return {
    ...{ kind: "state", identity: "a", epoch: 1, tag, seal: `process of ${tag}`, attachedAt: undefined },
    ...{ position: -1, settled: [], attempts: [], unclean: 0, isDetached: false, reset: "" },
    ...changes,
  };
}

function apply(to: Table, { offset, record }: Written): boolean {
  return to.apply(SHARD, { key: keyOf(record), record, ticket: "" }, { offset, timestamp: offset });
}

function applied(...records: readonly PositionRecord[]): {
  readonly known: Known;
  readonly counts: readonly boolean[];
} {
  const to = table();
  const counts = records.map((record, offset) => apply(to, { offset, record }));
  return { known: to.get("a") ?? assert.fail("it is known"), counts };
}

describe("what positions say", () => {
  test("a later attachment fences what an earlier one writes after it, of whatever epoch", () => {
    const { known, counts } = applied(
      state("one"),
      state("two", { epoch: 2 }),
      state("one", { attachedAt: 0, position: 9 }),
      state("three", { epoch: 1 }),
      state("four", { epoch: 2 }),
      state("two", { epoch: 2, attachedAt: 1, position: 9 }),
    );
    assert.deepEqual(counts, [true, true, false, false, true, false]);
    assert.equal(known.owner?.tag, "four");
    assert.equal(known.progress.position, -1);
  });

  test("what an earlier attachment has settled stays settled", () => {
    const { known } = applied(
      state("one"),
      state("one", { attachedAt: 0, position: 5, settled: [7], attempts: [{ offset: 5, attempts: 2, dueAt: 0 }] }),
      state("two", { epoch: 2, position: 3 }),
    );
    assert.deepEqual(known.progress, { position: 5, settled: [7], attempts: [{ offset: 5, attempts: 2, dueAt: 0 }] });
  });

  test("an attachment that ends without a word is counted, and one that is detached is not", () => {
    assert.equal(applied(state("one"), state("two", { epoch: 2 })).known.unclean, 1);
    assert.equal(applied(state("one"), state("two", { epoch: 2, seal: "process of one" })).known.unclean, 0);
    const detached = state("one", { attachedAt: 0, isDetached: true });
    assert.equal(applied(state("one"), detached, state("two", { epoch: 2 })).known.unclean, 0);
  });

  test("a dropped epoch is attached by nobody, and a later one is", () => {
    const drop = { kind: "drop", identity: "a", epoch: 3 } as const;
    const { known, counts } = applied(
      state("one", { epoch: 3 }),
      drop,
      state("two", { epoch: 3 }),
      state("three", { epoch: 4 }),
    );
    assert.deepEqual(counts, [true, true, false, true]);
    assert.equal(known.owner?.tag, "three");
  });

  test("what is redriven counts once, and not where its place has been passed", () => {
    const redrive = { kind: "redrive", identity: "a", messageId: "m", expiresAt: 9 } as const;
    const { counts } = applied(
      state("one", { position: 5, settled: [8] }),
      { ...redrive, generation: "1", offset: 4 },
      { ...redrive, generation: "2", offset: 8 },
      { ...redrive, generation: "3", offset: 9 },
      { ...redrive, generation: "3", offset: 10 },
    );
    assert.deepEqual(counts, [true, false, false, true, false]);
  });

  test("when the log has begun anew, positions of before mean nothing, whenever they were written", () => {
    const { known } = applied(
      state("one", { position: 5 }),
      { kind: "reset", id: "new" },
      state("one", { attachedAt: 0, position: 6 }),
      { kind: "reset", id: "new" },
      state("one", { attachedAt: 0, position: 1, reset: "new" }),
    );
    // A reset is of a shard, not of an identity.
    assert.equal(known.progress.position, 1);
  });

  test("compaction changes nothing: neither who is attached nor what has been settled", () => {
    const step = fc.record({ actor: fc.nat(3), settle: fc.nat(20), attach: fc.boolean(), detach: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), (steps, compactedTo) => {
        const [log, full] = [[] as Written[], table()];
        /** Each writes what it knows: the table as it was when it wrote, as an owner would. */
        const owned = new Map<number, { readonly tag: string; readonly epoch: number; readonly at: number }>();
        for (const { actor, settle, attach, detach } of steps) {
          const offset = log.length;
          const known = full.get("a");
          const own = owned.get(actor);
          const carried = known?.progress ?? { position: -1, settled: [], attempts: [] };
          let record: StateRecord;
          if (attach || own === undefined) {
            const epoch = (known?.owner?.epoch ?? 0) + (settle % 2);
            record = state(`${actor}-${offset}`, { epoch, seal: `process ${actor}`, ...carried });
          } else {
            const { tag, epoch, at } = own;
            if (known?.owner?.tag !== tag) continue; // It knows that it is fenced.
            const done = merged(carried, { position: -1, settled: [settle], attempts: [] });
            record = state(tag, { epoch, seal: `process ${actor}`, attachedAt: at, ...done, isDetached: detach });
          }
          log.push({ offset, record });
          const counts = apply(full, { offset, record });
          if (record.attachedAt === undefined && counts)
            owned.set(actor, { tag: record.tag, epoch: record.epoch, at: offset });
        }
        const compacted = table();
        const last = new Map(log.slice(0, compactedTo).map(({ offset, record }) => [keyOf(record), offset]));
        for (const one of log)
          if (one.offset >= compactedTo || last.get(keyOf(one.record)) === one.offset) apply(compacted, one);
        const [expected, actual] = [full.get("a"), compacted.get("a")];
        assert.deepEqual(actual?.owner, expected?.owner);
        assert.deepEqual(actual?.progress, expected?.progress);
        assert.equal(actual?.isDetached, expected?.isDetached);
      }),
    );
  });
});
