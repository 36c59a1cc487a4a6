import { assert, expect, test } from "vitest";
import { Entries, isUnfounded } from "../../src/mirror/entries.ts";
import { entryOf, registrationOf } from "../../src/mirror/entry.ts";
import { decodeRecord, encodeRecord, type Line } from "../../src/store/record.ts";

type Facts = Omit<Line, "v">;

/** Messages as they stand in a stream, with their places and times. */
function entriesOf(...messages: readonly (readonly [sequence: number, time: number, line: Facts])[]): Entries {
  const entries = new Entries();
  for (const [sequence, time, line] of messages)
    entries.put(entryOf(decodeRecord(encodeRecord(line, "{}")), { sequence, time }, 1_000));
  return entries;
}

function identitiesIn(entries: Entries): readonly string[] {
  return entries.ordered.take(() => false, 100).map(({ identity }) => identity);
}

const session = (changes: Partial<Facts> = {}): Facts => ({
  k: "standing",
  identity: "$session/s",
  for: 100,
  ...changes,
});
const bound: Facts = { k: "standing", identity: "a", session: "s", bound: true };

function isUnfoundedIn(entries: Entries): boolean {
  const found = entries.find("a");
  assert.isDefined(found);
  return isUnfounded(entries, found);
}

test("a message that begins a life takes epoch and times from where and when it was stored", () => {
  const [entry] = [entriesOf([7, 50.9, { k: "standing", identity: "a", for: 10, attempt: "x" }]).find("a")];
  assert.isDefined(entry);
  expect(registrationOf(entry)).toMatchObject({
    epoch: 1_007,
    registeredAt: 50,
    expiresAt: 60,
    revision: 1,
    metadata: {},
  });
});

test("one that came after the end of what it continues has not continued it", () => {
  const renewal: Facts = { k: "standing", identity: "a", epoch: 1_001, at: 10, for: 100, before: 60 };
  expect(entriesOf([2, 59.9, renewal]).find("a")).toMatchObject({ isLate: false, expiresAt: 159 });
  expect(entriesOf([2, 60, renewal]).find("a")).toMatchObject({ isLate: true, expiresAt: 60 });
});

test("scans see standing registrations in the order of their bytes, and no sessions", () => {
  const entries = entriesOf(
    [1, 1, { k: "standing", identity: "\u{1F600}" }],
    [2, 2, { k: "standing", identity: "\uFFFD" }],
    [3, 3, session()],
    [4, 4, { k: "standing", identity: "gone" }],
    [5, 5, { k: "deleted", identity: "gone" }],
    [6, 6, { k: "tombstone", identity: "dead" }],
  );
  expect(identitiesIn(entries)).toEqual(["\uFFFD", "\u{1F600}"]);
});

test("what is bound to a session is founded if that lived then, whatever has become of it since", () => {
  const end = { identity: "$session/s", at: 0, until: 100 };
  expect(isUnfoundedIn(entriesOf([1, 0, session()], [2, 99.9, bound]))).toBe(false);
  expect(isUnfoundedIn(entriesOf([2, 50, bound], [9, 500, { k: "tombstone", ...end }]))).toBe(false);
  expect(isUnfoundedIn(entriesOf([2, 50, bound], [9, 60, { k: "deleted", ...end }]))).toBe(false);
  expect(isUnfoundedIn(entriesOf([2, 50, bound], [9, 90, session({ at: 0 })]))).toBe(false);
});

test("what is bound to a session that had ended, or never was, is not", () => {
  expect(isUnfoundedIn(entriesOf([2, 50, bound]))).toBe(true);
  expect(isUnfoundedIn(entriesOf([1, 0, session()], [2, 100, bound]))).toBe(true);
  expect(isUnfoundedIn(entriesOf([1, 0, { k: "deleted", identity: "$session/s" }], [2, 1, bound]))).toBe(true);
  const dead: Facts = { k: "tombstone", identity: "$session/s", at: 0, until: 100 };
  expect(isUnfoundedIn(entriesOf([2, 101, bound], [9, 500, dead]))).toBe(true);
});

test("what was deleted is forgotten an hour later, and a session only when it serves nobody", () => {
  const hour = 3_600_000;
  const entries = entriesOf(
    [1, 1, { k: "deleted", identity: "a" }],
    [2, hour, { k: "deleted", identity: "b" }],
    [3, hour + 2, { k: "deleted", identity: "c" }],
  );
  expect(["a", "b", "c"].map((identity) => entries.find(identity)?.sequence)).toEqual([undefined, 2, 3]);
  const serving = entriesOf([1, 1, session()], [2, 2, bound], [3, 3, { k: "deleted", identity: "$session/s" }]);
  serving.put(
    entryOf(decodeRecord(encodeRecord({ k: "deleted", identity: "z" }, "")), { sequence: 9, time: 2 * hour }, 0),
  );
  expect(serving.session("s")).toBeDefined();
});

test("whom a session serves is known while anybody is", () => {
  const entries = entriesOf([1, 1, session()], [2, 2, bound], [3, 3, { ...bound, identity: "b" }]);
  expect(entries.servedBy("s")?.size).toBe(2);
  entries.put(entryOf(decodeRecord(encodeRecord({ k: "deleted", identity: "a" }, "")), { sequence: 4, time: 4 }, 0));
  expect(entries.servedBy("s")?.size).toBe(1);
  entries.put(
    entryOf(decodeRecord(encodeRecord({ ...bound, identity: "b", session: "t" }, "{}")), { sequence: 5, time: 5 }, 0),
  );
  expect(entries.servedBy("s")).toBeUndefined();
  expect(entries.servedBy("t")?.size).toBe(1);
});
