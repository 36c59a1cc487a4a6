import type { MulticastReport } from "@muster/core";
import { describe, expect, it } from "vitest";
import type { Tally } from "../src/ledger.ts";
import { type Crash, findDisagreements, type RollCall } from "../src/roll-call.ts";

const REPORT: MulticastReport = {
  id: "m1",
  targetCount: 2,
  deliveredCount: 2,
  pendingCount: 0,
  failedCount: 0,
  timeoutCount: 0,
  statuses: [],
};

function call(
  changes: { readonly enumerated?: readonly string[]; readonly report?: Partial<MulticastReport> } = {},
): RollCall {
  return {
    mission: { title: "two", filter: { country: "IS" } },
    text: "Hello",
    enumerated: new Set(changes.enumerated ?? ["a", "b"]),
    report: { ...REPORT, ...changes.report },
    elapsedMs: 1,
  };
}

function tally(
  identities: readonly string[],
  count: number = identities.length,
  texts: readonly string[] = ["Hello"],
): Tally {
  return { count, identities: new Set(identities), texts: new Set(texts) };
}

describe("a roll call", () => {
  it("agrees when everyone enumerated received the text once", () => {
    expect(findDisagreements(call(), tally(["a", "b"]))).toEqual([]);
  });

  it("agrees when nobody was meant and nobody received anything", () => {
    const nobody = call({ enumerated: [], report: { targetCount: 0, deliveredCount: 0 } });
    expect(findDisagreements(nobody, tally([], 0, []))).toEqual([]);
  });

  it.each<[string, RollCall, Tally, readonly string[]]>([
    ["a receiver saw nothing", call(), tally(["a"]), ["2 delivered, but received 1 times", "not reached: b"]],
    ["a receiver saw it twice", call(), tally(["a", "b"], 3), ["2 delivered, but received 3 times"]],
    ["another received it instead", call(), tally(["a", "c"]), ["not reached: b", "reached though not enumerated: c"]],
    [
      "the filter enumerated others",
      call({ enumerated: ["a"] }),
      tally(["a", "b"]),
      ["1 enumerated, but 2 targets", "reached though not enumerated: b"],
    ],
    [
      "a delivery failed",
      call({ report: { deliveredCount: 1 } }),
      tally(["a", "b"]),
      ["1 of 2 delivered", "1 delivered, but received 2 times"],
    ],
    [
      "the targets were not all read",
      call({ report: { incomplete: { code: "TIMEOUT" } } }),
      tally(["a", "b"]),
      ["incomplete: TIMEOUT"],
    ],
    ["a text arrived garbled", call(), tally(["a", "b"], 2, ["Hello", "Hallo"]), ["read as Hallo"]],
  ])("disagrees when %s", (_, rollCall, seen, expected) => {
    expect(findDisagreements(rollCall, seen)).toEqual(expected);
  });

  it("excuses repeats of those whose process was killed, at least once and no others", () => {
    const crash: Crash = { served: 1, before: { ...REPORT, deliveredCount: 1, pendingCount: 1 }, after: REPORT };
    const crashed: RollCall = { ...call(), crash };
    expect(findDisagreements(crashed, tally(["a", "b"], 3), true)).toEqual([]);
    expect(findDisagreements(crashed, tally(["a", "b"], 3), false)).toEqual(["2 delivered, but received 3 times"]);
    expect(findDisagreements(crashed, tally(["a", "b"], 4), true)).toEqual(["2 delivered, but received 4 times"]);
  });

  it("disagrees when nobody was pending although a process was away", () => {
    const crashed: RollCall = { ...call(), crash: { served: 1, before: REPORT, after: REPORT } };
    expect(findDisagreements(crashed, tally(["a", "b"]), true)).toEqual([
      "nobody was pending while the process was away",
    ]);
  });

  it("names five and counts the rest", () => {
    const enumerated = ["a", "b", "c", "d", "e", "f", "g"];
    const [, complaint] = findDisagreements(
      call({ enumerated, report: { targetCount: 7, deliveredCount: 7 } }),
      tally([]),
    );
    expect(complaint).toBe("not reached: a, b, c, d, e and 2 more");
  });
});
