import fc from "fast-check";
import { assert, describe, expect, test } from "vitest";
import { isAddress } from "@muster/core/slots";
import { Subjects } from "../src/keys.ts";

const address = fc.string({ unit: "grapheme" }).filter(isAddress);

describe("subjects", () => {
  const subjects = new Subjects("muster", "io.t");

  test("prefix, namespace and address are tokens", () => {
    expect(subjects.of("sensor-7")).toBe("muster.io_2et.sensor-7");
    expect(subjects.of("a.b *>")).toBe("muster.io_2et.a_2eb_20_2a_3e");
  });

  test("no address adds a token, a wildcard or white space", () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(subjects.of(text)).toMatch(/^muster\.io_2et\.[\w-]{1,512}$/);
      }),
      { verbose: true },
    );
  });

  test("different addresses have different subjects", () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        assert.equal(subjects.of(one) === subjects.of(other), one === other);
      }),
      { verbose: true },
    );
  });

  test("only addresses that had to be cut can't be read back", () => {
    assert.isTrue(subjects.isReversible(subjects.of("x".repeat(256))));
    assert.isTrue(subjects.isReversible(subjects.of("a__b")));
    assert.isTrue(new Subjects("my__fleet", "iot").isReversible("my__fleet.iot.a"));
    assert.isFalse(subjects.isReversible(subjects.of("\u{1f600}".repeat(64))));
  });
});
