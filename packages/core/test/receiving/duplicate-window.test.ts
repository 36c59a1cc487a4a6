import { expect, test } from "vitest";
import { type Arrival, DuplicateWindow } from "../../src/receiving/duplicate-window.ts";
import { type Outcome, UNTRIED } from "../../src/receiving/outcome.ts";

const HANDLED: Outcome = { as: "handled" };
const THROWN: Outcome = { as: "thrown", error: new Error("boom") };

/** Who of them is to be handed over, and what became of the others as far as it is known. */
function read(arrival: Arrival, identities: readonly string[]): { readonly fresh: string[]; readonly known: string[] } {
  const [fresh, known]: [string[], string[]] = [[], []];
  for (const [place, identity] of identities.entries())
    if (!arrival.join(place, ({ as }) => known.push(`${identity}: ${as}`))) fresh.push(identity);
  return { fresh, known };
}

test("the same message for other identities is no duplicate", () => {
  const window = new DuplicateWindow();
  for (const name of ["ada", "bob"]) window.arrive("m", [name], true).settle(0, HANDLED);
  expect(read(window.arrive("m", ["eve"], true), ["eve"])).toEqual({ fresh: ["eve"], known: [] });
});

test("another message for the same identity is no duplicate", () => {
  const window = new DuplicateWindow();
  window.arrive("m", ["ada"], true).settle(0, HANDLED);
  expect(read(window.arrive("n", ["ada"], true), ["ada"]).fresh).toEqual(["ada"]);
});

test("of what was handled or rejected the outcome is known at once, and whoever is new is handed over", () => {
  const window = new DuplicateWindow();
  const first = window.arrive("m", ["ada", "bob"], false);
  first.settle(0, HANDLED);
  first.settle(1, { as: "rejected", reason: "no" });
  const outcomes: Outcome[] = [];
  const again = window.arrive("m", ["bob", "eve", "ada"], true);
  expect([0, 1, 2].map((place) => again.join(place, (outcome) => outcomes.push(outcome)))).toEqual([true, false, true]);
  expect(outcomes).toEqual([{ as: "rejected", reason: "no" }, HANDLED]);
});

test("whatever comes while the first still runs gets its outcome when it has finished", () => {
  const window = new DuplicateWindow();
  const first = window.arrive("m", ["ada"], false);
  const readers = [0, 1].map(() => read(window.arrive("m", ["ada"], true), ["ada"]));
  expect(readers).toEqual([
    { fresh: [], known: [] },
    { fresh: [], known: [] },
  ]);
  first.settle(0, THROWN);
  expect(readers.map(({ known }) => known)).toEqual([["ada: thrown"], ["ada: thrown"]]);
});

test("what has thrown or was not tried is handed over again, once at a time", () => {
  const window = new DuplicateWindow();
  const first = window.arrive("m", ["ada", "bob"], false);
  first.settle(0, THROWN);
  first.settle(1, UNTRIED);
  const second = window.arrive("m", ["ada", "bob"], true);
  expect(read(second, ["ada", "bob"]).fresh).toEqual(["ada", "bob"]);
  const third = read(window.arrive("m", ["ada", "bob"], true), ["ada", "bob"]);
  second.settle(0, HANDLED);
  second.settle(1, THROWN);
  expect(third).toEqual({ fresh: [], known: ["ada: handled", "bob: thrown"] });
});

test("once something may have come twice, what is said to be the first of it is looked up too", () => {
  const window = new DuplicateWindow();
  window.arrive("m", ["eve"], false).settle(0, HANDLED);
  window.arrive("m", ["ada"], true).settle(0, HANDLED);
  expect(read(window.arrive("m", ["ada", "bob"], false), ["ada", "bob"])).toEqual({
    fresh: ["bob"],
    known: ["ada: handled"],
  });
});

test("what a broker delivers twice is a duplicate although it was sent for the first time", () => {
  const window = new DuplicateWindow();
  const names = ["ada", "bob"];
  window.arrive("m", ["eve"], false).settle(0, HANDLED);
  const arrival = window.arrive("m", names, false);
  for (const place of [0, 1]) arrival.settle(place, HANDLED);
  expect(read(window.arrive("m", names, false), names)).toEqual({ fresh: [], known: ["ada: handled", "bob: handled"] });
});

test("the identities of many frames of one message are told apart", () => {
  const window = new DuplicateWindow();
  const frames = Array.from({ length: 20 }, (_, frame) => Array.from({ length: 7 }, (_, index) => `${frame}-${index}`));
  for (const [index, names] of frames.entries()) {
    const arrival = window.arrive("m", names, false);
    for (const place of names.keys()) arrival.settle(place, (index + place) % 3 === 0 ? THROWN : HANDLED);
  }
  const all = frames.flat().toReversed();
  const expected = frames.flatMap((names, index) => names.filter((_, place) => (index + place) % 3 === 0)).toReversed();
  expect(read(window.arrive("m", all, true), all).fresh).toEqual(expected);
});

test("a message is known for as long as the window is wide, counted from its first arrival", () => {
  let now = 0;
  const window = new DuplicateWindow({ maxAgeMs: 100, now: () => now });
  const isRepeat = (): boolean => window.arrive("m", ["ada"], true).hasRepeats;
  window.arrive("m", ["ada"], false).settle(0, HANDLED);
  now = 99;
  expect(isRepeat()).toBe(true);
  now = 100;
  expect(isRepeat()).toBe(false);
});

test("of more messages than fit the oldest are forgotten", () => {
  const window = new DuplicateWindow({ maxMessages: 2 });
  for (const id of ["a", "b", "c"]) window.arrive(id, ["ada"], false).settle(0, HANDLED);
  expect(["c", "b", "a"].map((id) => window.arrive(id, ["ada"], true).hasRepeats)).toEqual([true, true, false]);
});

test("of more recipients than fit the oldest messages are forgotten, but never the latest", () => {
  const window = new DuplicateWindow({ maxRecipients: 4 });
  const settleAll = (id: string, names: readonly string[]): void => {
    const arrival = window.arrive(id, names, false);
    for (const place of names.keys()) arrival.settle(place, HANDLED);
  };
  settleAll("a", ["1", "2", "3"]);
  settleAll("b", ["1", "2"]);
  expect([window.arrive("b", ["1"], true).hasRepeats, window.arrive("a", ["1"], true).hasRepeats]).toEqual([
    true,
    false,
  ]);
  settleAll("c", ["1", "2", "3", "4", "5", "6"]);
  expect(window.arrive("c", ["6"], true).hasRepeats).toBe(true);
});

test("what runs for longer than the window is wide still tells whoever joined it", () => {
  let now = 0;
  const window = new DuplicateWindow({ maxAgeMs: 100, now: () => now });
  const first = window.arrive("m", ["ada"], false);
  const joined = read(window.arrive("m", ["ada"], true), ["ada"]);
  now = 1_000;
  window.arrive("n", ["ada"], false);
  first.settle(0, HANDLED);
  expect(joined.known).toEqual(["ada: handled"]);
});
