import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSemver, parseSemver, precedenceText } from "../src/semver.ts";

function compare(a: string, b: string): number {
  const [x, y] = [parseSemver(a), parseSemver(b)];
  if (x === undefined || y === undefined) throw new Error(`no version: ${a} or ${b}`);
  return Math.sign(compareSemver(x, y));
}

describe("parseSemver", () => {
  it.each([
    "1",
    "1.2",
    "1.2.3",
    "0.0.0",
    "1-a",
    "1.2-rc.1+b",
    "1.0.0+001",
    "1.0.0--",
    "1.0.0-0a",
    "99999999999999999999.1.1",
  ])("reads %s", (text) => {
    expect(parseSemver(text)).toBeDefined();
  });

  it.each([
    "",
    "v1",
    "01",
    "1.02",
    "1.2.3.4",
    "1.",
    ".1",
    "1..2",
    "1.0.0-",
    "1.0.0-a..b",
    "1.0.0-01",
    "1.0.0+",
    "1.0.0+a+b",
    "1.0.0-é",
    "-1",
    " 1",
    "1\n",
    "1.x",
  ])("refuses %j", (text) => {
    expect(parseSemver(text)).toBeUndefined();
  });
});

describe("compareSemver", () => {
  const ascending = [
    "0",
    "0.0.1",
    "0.1",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0--",
    "1.0.0-A",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2",
    "1.10",
    "2",
    "9007199254740992",
    "9007199254740993",
  ];

  it("orders by precedence", () => {
    for (const [i, a] of ascending.entries())
      for (const [j, b] of ascending.entries()) expect(compare(a, b), `${a} ${b}`).toBe(Math.sign(i - j));
  });

  it.each([
    ["2.0", "2.0.0"],
    ["2", "2.0.0+x"],
    ["1.0.0+a", "1.0.0+b"],
    ["1-rc", "1.0.0-rc"],
  ])("takes %s and %s for equal", (a, b) => {
    expect(compare(a, b)).toBe(0);
  });
});

describe("precedenceText", () => {
  const part = fc.constantFrom("0", "1", "10", "11");
  const tag = fc.constantFrom("0", "1", "10", "a", "-", "1a", "rc");
  const version = fc
    .record({
      numbers: fc.array(part, { minLength: 1, maxLength: 3 }),
      tags: fc.array(tag, { maxLength: 2 }),
      build: fc.constantFrom("", "+b", "+1.2"),
    })
    .map(({ numbers, tags, build }) => `${numbers.join(".")}${tags.length > 0 ? `-${tags.join(".")}` : ""}${build}`);

  it("is the same for equal versions and for no others", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [x, y] = [parseSemver(a), parseSemver(b)];
        if (x === undefined || y === undefined) throw new Error(`no version: ${a} or ${b}`);
        expect(precedenceText(x) === precedenceText(y)).toBe(compareSemver(x, y) === 0);
      }),
      { numRuns: 2_000 },
    );
  });
});
