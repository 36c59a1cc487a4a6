import { MusterError } from "@muster/core/slots";
import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { columnsOf } from "../../src/codec.ts";
import { sqliteError } from "../../src/errors.ts";
import { countedIn } from "../../src/registrations/counting.ts";
import { writeGroup } from "../../src/thread/group.ts";
import type { Answer } from "../../src/thread/messages.ts";
import { taskOf } from "../../src/thread/task.ts";
import { newTurn } from "../../src/thread/turn.ts";
import { freshStore } from "../store/support.ts";

/** SQLite itself says so: the file may not have more pages. */
test("a full disk is told to all that shares the transaction, nothing of which is there, and no earlier one is lost", () => {
  using store = freshStore();
  const write = (...identities: string[]): readonly Answer[] => {
    const tasks = identities.map((identity, id) => {
      const drafts = columnsOf([entry(identity, { metadata: { text: "x".repeat(50_000) } })]);
      const args = { namespace: "ns", maxIdentities: undefined, drafts };
      return taskOf({ id, name: "setMany", args, turn: newTurn() });
    });
    const { answers, taken } = writeGroup(store, tasks);
    return taken === tasks.length ? answers : [...answers, ...write(...identities.slice(taken))];
  };
  expect(write("before")).toMatchObject([{ value: {} }]);
  const [pages] = store.get("pragma page_count") ?? [];
  store.get(`pragma max_page_count = ${Number(pages) + 100}`);
  const answers = write("a", "b", "c", "d", "e", "f", "g", "h");
  const full = answers.filter((answer) => "failure" in answer);
  expect(full.length).toBeGreaterThan(0);
  for (const { failure } of full) {
    const error = sqliteError(failure, "sqlite.setMany");
    expect(error).toBeInstanceOf(MusterError);
    expect(error).toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
    expect(error.message).toContain("disk is full");
  }
  const stored = store.all("select identity from muster_registrations").map(([identity]) => identity);
  expect(stored).toContain("before");
  expect(stored).toHaveLength(1 + answers.length - full.length);
  expect(countedIn(store, "ns")).toBe(stored.length);
  store.get("pragma max_page_count = 1000000");
  expect(write("after")).toMatchObject([{ value: {} }]);
});
