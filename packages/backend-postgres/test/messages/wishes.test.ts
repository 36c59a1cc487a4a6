import { describe, expect, test } from "vitest";
import { Wishes } from "../../src/messages/wishes.ts";

function live(wishes: Wishes): readonly string[] {
  return wishes.all().addresses;
}

describe("an addition", () => {
  test("is missing what is not live, each address once", () => {
    const wishes = new Wishes();
    const first = wishes.add(["a", "b", "a"]);
    expect(first.missing).toEqual(["a", "b"]);
    first.fulfil();
    expect(first.missing).toEqual([]);
    expect(wishes.add(["b", "c"]).missing).toEqual(["c"]);
  });

  test("that has failed leaves nothing behind, unless somebody else still waits for it", () => {
    const wishes = new Wishes();
    const [one, other] = [wishes.add(["a", "b"]), wishes.add(["b"])];
    one[Symbol.dispose]();
    expect(live(wishes)).toEqual(["b"]);
    other.fulfil();
    other[Symbol.dispose]();
    expect(live(wishes)).toEqual(["b"]);
  });

  test("that fails takes away nothing that was live before", () => {
    const wishes = new Wishes();
    wishes.add(["a"]).fulfil();
    wishes.add(["a"])[Symbol.dispose]();
    expect(live(wishes)).toEqual(["a"]);
  });

  test("of what was removed and added anew meanwhile leaves the new one alone", () => {
    const wishes = new Wishes();
    const old = wishes.add(["a"]);
    wishes.remove(["a"]);
    const fresh = wishes.add(["a"]);
    old[Symbol.dispose]();
    expect(live(wishes)).toEqual(["a"]);
    expect(fresh.missing).toEqual(["a"]);
  });
});

test("a new connection makes all live that were wanted when it began", () => {
  const wishes = new Wishes();
  wishes.add(["a"]).fulfil();
  const waiting = wishes.add(["b"]);
  const { addresses, fulfil } = wishes.all();
  const late = wishes.add(["c"]);
  fulfil();
  expect([addresses, waiting.missing, late.missing]).toEqual([["a", "b"], [], ["c"]]);
});
