import { describe, expect, test } from "vitest";
import { decodeStamp } from "../../src/codec.ts";
import { type KeptPage, KeptPages } from "../../src/store/kept-pages.ts";

const WRITTEN = ["1", "s", "never", "1", "1", "0", "", "", "", "a", "3"].join("\0");

/** A record for each of the names, with metadata of so many code units. */
function pageOf(names: string, length: number): KeptPage {
  const record = { written: WRITTEN, stamp: decodeStamp(WRITTEN), json: " ".repeat(length) };
  return { texts: undefined, records: new Map(Array.from(names, (name) => [name, record])) };
}

describe("KeptPages", () => {
  test("knows whether a page has been asked for, and what it had", () => {
    const pages = new KeptPages();
    expect(pages.find("p")).toBeUndefined();
    pages.keep("p");
    expect(pages.find("p")?.records.size).toBe(0);
    pages.keep("p", pageOf("ab", 10));
    expect(Array.from(pages.find("p")?.records.keys() ?? [])).toEqual(["a", "b"]);
    expect(pages.find("q")).toBeUndefined();
  });

  test("keeps nothing of a page that is too large but that it has been asked for", () => {
    const pages = new KeptPages();
    pages.keep("p", pageOf("abc", 100_000));
    expect(pages.find("p")?.records.size).toBe(0);
  });

  test("forgets the pages that were asked for longest ago, when all take too much or are too many", () => {
    const pages = new KeptPages();
    for (let n = 0; n < 20; n += 1) {
      pages.keep(`p${n}`, pageOf("ab", 120_000));
      if (n > 0) pages.keep("p0", pages.find("p0"));
    }
    const left = Array.from({ length: 20 }, (_, n) => `p${n}`).filter((place) => pages.find(place) !== undefined);
    expect(left).toContain("p0");
    expect(left).toContain("p19");
    expect(left.length).toBeGreaterThan(10);
    expect(left.length).toBeLessThan(20);
    for (let n = 0; n < 1_025; n += 1) pages.keep(`q${n}`);
    expect(pages.find("p19")).toBeUndefined();
    expect(pages.find("q0")).toBeUndefined();
    expect(pages.find("q1")).toBeDefined();
  });

  test("counts a page that is kept again once", () => {
    const pages = new KeptPages();
    pages.keep("p", pageOf("ab", 120_000));
    for (let n = 0; n < 100; n += 1) pages.keep("q", pageOf("ab", 120_000));
    expect(pages.find("p")).toBeDefined();
  });
});
