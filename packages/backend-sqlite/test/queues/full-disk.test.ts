import { isMusterError } from "@muster/core/slots";
import { numbered } from "@muster/testing";
import { message } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { sqliteError } from "../../src/errors.ts";
import { spaceOf } from "../../src/queues/spaces.ts";
import { writeGroup } from "../../src/thread/group.ts";
import type { Answer } from "../../src/thread/messages.ts";
import { taskOf } from "../../src/thread/task.ts";
import { newTurn } from "../../src/thread/turn.ts";
import { freshStore } from "../store/support.ts";
import { brokenIn } from "./invariants.ts";

/** SQLite itself says so: the file may not have more pages. */
test("a full disk takes nothing back that was accepted, and what it refuses is not there", () => {
  using store = freshStore();
  const space = { space: spaceOf(store, "ns"), trackingRetentionMs: 60_000, deadLetterRetentionMs: 60_000 };
  const targets = numbered(20).map((identity) => [identity, 1] as const);
  const enqueue = (...ids: string[]): readonly Answer[] => {
    const tasks = ids.map((id, index) => {
      const payload = new Uint8Array(30_000);
      const args = { ...space, maxQueued: undefined, message: message(id, { payload }), targets, ttlMs: 60_000 };
      return taskOf({ id: index, name: "enqueueMany", args, turn: newTurn() });
    });
    const { answers, taken } = writeGroup(store, tasks);
    return taken === tasks.length ? answers : [...answers, ...enqueue(...ids.slice(taken))];
  };
  expect(enqueue("before")).toMatchObject([{ value: [] }]);
  const [pages] = store.get("pragma page_count") ?? [];
  store.get(`pragma max_page_count = ${Number(pages) + 60}`);
  const ids = numbered(12, "m");
  const answers = ids.flatMap((id) => enqueue(id));
  const accepted = ids.filter((_, index) => "value" in (answers[index] ?? {}));
  expect(accepted.length).toBeGreaterThan(0);
  expect(accepted.length).toBeLessThan(ids.length);
  for (const answer of answers) {
    if (!("failure" in answer)) continue;
    const error = sqliteError(answer.failure, "sqlite.enqueueMany");
    expect(isMusterError(error, "UNAVAILABLE")).toBe(true);
    expect(error.mayHaveApplied).toBe(false);
  }
  expect(store.all("select id from muster_messages order by message").map(([id]) => id)).toEqual([
    "before",
    ...accepted,
  ]);
  expect(store.get("select count(*) from muster_queue")).toEqual([20 * (accepted.length + 1)]);
  expect(brokenIn(store)).toEqual([]);
  store.get("pragma max_page_count = 1000000");
  expect(enqueue("after")).toMatchObject([{ value: [] }]);
});
