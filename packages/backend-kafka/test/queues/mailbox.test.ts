import { message } from "@muster/testing/durability";
import { assert, describe, test } from "vitest";
import type { Frame } from "../../src/queues/frames.ts";
import { type Item, Mailbox } from "../../src/queues/mailbox.ts";
import type { Progress } from "../../src/queues/position-records.ts";
import { NOTHING_DONE } from "../../src/queues/table.ts";

const NOW = 1_000_000;
const LATER = NOW + 600_000;
const WINDOW_MS = 100;
const JUDGED = { now: NOW, dropped: 0, isRedriven: (): boolean => false };

function mailbox(progress: Progress = NOTHING_DONE, unclean = 0): Mailbox {
  const owner = { epoch: 1, tag: "t", seal: "s", attachedAt: 0 };
  const around = { identity: "a", shard: 0, session: "s", owner, readFrom: 0, dedupWindowMs: WINDOW_MS };
  return new Mailbox({ ...around, progress, unclean });
}

function frame(id: string, changes: Partial<Frame> = {}): Frame {
  return { message: message(id), expiresAt: LATER, rank: NOW, generation: undefined, recipients: [], ...changes };
}

function take(to: Mailbox, offset: number, one: Frame, changes: Partial<typeof JUDGED> = {}): Item | undefined {
  return to.take({ offset, timestamp: offset, frame: one, epoch: 1 }, { ...JUDGED, ...changes });
}

function offsets(items: readonly Item[]): readonly number[] {
  return items.map(({ offset }) => offset);
}

describe("what is at hand for one identity", () => {
  test("a repetition within the window is none, also of what lies before the position", () => {
    const one = mailbox({ ...NOTHING_DONE, position: 5 });
    assert.isUndefined(take(one, 4, frame("m")));
    assert.isUndefined(take(one, 5, frame("m")));
    assert.isDefined(take(one, 6, frame("n")));
    assert.isUndefined(take(one, 7, frame("n")));
    assert.isDefined(take(one, 7 + 2 * WINDOW_MS, frame("o")));
    assert.isDefined(take(one, 8 + 2 * WINDOW_MS, frame("m")), "the window is over");
  });

  test("what was settled beyond the position, dropped, or has expired is nothing", () => {
    const one = mailbox({ ...NOTHING_DONE, position: 0, settled: [1] });
    assert.isUndefined(take(one, 1, frame("settled")));
    assert.isUndefined(take(one, 2, frame("dropped"), { dropped: 1 }));
    assert.isUndefined(take(one, 3, frame("expired", { expiresAt: NOW })));
    assert.deepEqual(offsets(one.items), []);
  });

  test("the first that is held or waits for its time holds back all behind it", () => {
    const one = mailbox();
    const [first, second] = [take(one, 0, frame("1")), take(one, 1, frame("2")), take(one, 2, frame("3"))];
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(offsets(one.due(2, NOW)), [0, 1]);
    first.dueAt = NOW + 1;
    assert.deepEqual(offsets(one.due(3, NOW)), []);
    assert.equal(one.nextDueAt, NOW + 1);
    assert.deepEqual(offsets(one.due(3, NOW + 1)), [0, 1, 2]);
    second.state = "leased";
    assert.deepEqual(offsets(one.due(3, NOW + 1)), [0]);
  });

  test("the position is the first that has not ended, and what has ended beyond it is told", () => {
    const one = mailbox();
    const items = [0, 1, 2, 3].map((offset) => take(one, offset, frame(`${offset}`)) ?? assert.fail("it is new"));
    one.readTo = 4;
    for (const at of [1, 3]) one.end(items[at] ?? assert.fail("it is there"));
    assert.deepEqual(one.progress(0), { position: 0, settled: [1, 3], attempts: [] });
    one.end(items[0] ?? assert.fail("it is there"));
    assert.deepEqual(one.progress(0), { position: 2, settled: [3], attempts: [] });
    one.end(items[2] ?? assert.fail("it is there"));
    assert.deepEqual(one.progress(0), { position: 4, settled: [], attempts: [] });
    one.goLive(4);
    assert.equal(one.progress(9).position, 9, "nothing has come for it up to there");
  });

  test("an unclean end counts for the head of the queue, once, and for nothing where there was none", () => {
    const one = mailbox({ ...NOTHING_DONE, attempts: [{ offset: 0, attempts: 1, dueAt: 0 }] }, 1);
    assert.equal(take(one, 0, frame("1"))?.attempts, 2);
    assert.equal(take(one, 1, frame("2"))?.attempts, 0);
    const idle = mailbox(NOTHING_DONE, 1);
    idle.goLive(0);
    assert.equal(take(idle, 0, frame("1"))?.attempts, 0);
  });

  test("a redrive that has not been told of is handed out to nobody, holds nobody back, and is given up", () => {
    const one = mailbox();
    take(one, 0, frame("1", { generation: "g" }));
    take(one, 1, frame("2"));
    assert.deepEqual(offsets(one.due(9, NOW)), [1]);
    assert.equal(one.progress(0).position, 0);
    assert.deepEqual(offsets(one.due(9, NOW + 60_000)), [1]);
    one.readTo = 2;
    assert.equal(one.progress(0).position, 1);
  });
});
