import type { Target } from "@muster/core/slots";
import { numbered } from "@muster/testing";
import { expect, test } from "vitest";
import { Audiences } from "../../src/queues/audiences.ts";
import { type Part, Recipients } from "../../src/queues/recipients.ts";
import { targets } from "./support.ts";

function partsOf(all: readonly Target[], audiences: Audiences): readonly Part[] {
  return new Recipients(audiences).partsOf(all);
}

function textsOf(all: readonly Target[], audiences = new Audiences()): readonly (readonly string[])[] {
  return partsOf(all, audiences).map(({ groups }) => groups.map(({ text }) => text.replaceAll("\0", " ")));
}

/** As if the server had said so. */
function learn(audiences: Audiences, all: readonly Target[], version = "1"): void {
  for (const { groups } of partsOf(all, audiences)) for (const group of groups) audiences.add(group, version);
}

test("whoever is served by one session is one text, in order of identity", () => {
  const all = [...targets(["a", "c"], "s"), ...targets(["b"], "t", 7), ...targets(["d"])];
  expect(textsOf(all)).toEqual([["s 2 a 1 c 1", "t 1 b 7", " 1 d 1"]]);
});

test("whoever is there twice is there once", () => {
  expect(textsOf(targets(["b", "a", "b"], "s"))).toEqual([["s 2 a 1 b 1"]]);
});

test("a session that nobody could be attached to is none", () => {
  expect(textsOf(targets(["a"], "s\0t"))).toEqual([[" 1 a 1"]]);
});

test("a thousand are a part", () => {
  const parts = partsOf(targets(numbered(2_500)), new Audiences());
  expect(parts.map(({ first, last, count }) => [first, last, count])).toEqual([
    ["id-00000", "id-00999", 1_000],
    ["id-01000", "id-01999", 1_000],
    ["id-02000", "id-02499", 500],
  ]);
});

test("one call leaves nothing to the next", () => {
  const recipients = new Recipients(new Audiences());
  const textsIn = (all: readonly Target[]): unknown =>
    recipients
      .partsOf(all)
      .map(({ first, last, count, groups }) => [first, last, count, groups.map(({ text }) => text)]);
  expect(() => recipients.partsOf([...targets(["a", "b"], "s"), ...targets([""])])).toThrow(/INVALID/);
  expect(textsIn(targets(["c", "b"], "t"))).toEqual([["b", "c", 2, ["t\u00002\u0000b\u00001\u0000c\u00001"]]]);
  expect(textsIn(targets(["d"], "s"))).toEqual([["d", "d", 1, ["s\u00001\u0000d\u00001"]]]);
  expect(textsIn([])).toEqual([]);
});

test.each([
  ["the same", targets(["a", "b", "c"], "s")],
  ["fewer", targets(["a", "b"], "s")],
  ["more", targets(["a", "b", "c", "d"], "s")],
  ["another in the middle", targets(["a", "bb", "c"], "s")],
  ["another life", [...targets(["a"], "s"), ...targets(["b"], "s", 2), ...targets(["c"], "s")]],
  ["another session", targets(["a", "b", "c"], "t")],
])("what is known of an audience changes nothing about %s", (_, all) => {
  const audiences = new Audiences();
  learn(audiences, targets(["a", "b", "c"], "s"));
  expect(textsOf(all, audiences)).toEqual(textsOf(all));
});

test("a version is that of exactly these recipients, and is over when their session has another", () => {
  const audiences = new Audiences();
  const all = targets(["a", "b"], "s");
  const versionOf = (some: readonly Target[]): string => {
    const { session, text } = partsOf(some, audiences)[0]?.groups[0] ?? { session: "", text: "" };
    return audiences.versionOf(session, text);
  };
  expect(versionOf(all)).toBe("");
  learn(audiences, all, "1");
  learn(audiences, targets(["a"], "s"), "1");
  expect([versionOf(all), versionOf(targets(["a"], "s")), versionOf(targets(["b"], "s"))]).toEqual(["1", "1", ""]);
  learn(audiences, targets(["c"], "s"), "2");
  expect([versionOf(all), versionOf(targets(["c"], "s"))]).toEqual(["", "2"]);
});

test("who is no identity, or has no epoch, is refused, known or not", () => {
  const audiences = new Audiences();
  learn(audiences, targets(["a"], "s"));
  for (const wrong of [targets([""]), targets(["a"], "s", -1), targets(["a"], "s", 1.5)])
    expect(() => partsOf(wrong, audiences)).toThrow(/INVALID/);
});
