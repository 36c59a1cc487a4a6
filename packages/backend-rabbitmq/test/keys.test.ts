import fc from "fast-check";
import { assert, describe, expect, test } from "vitest";
import { isAddress } from "@muster/core/slots";
import { exchangeOf, isCut, keyOf, pulseKeyOf, queueFor } from "../src/keys.ts";

const address = fc.string({ unit: "grapheme", maxLength: 256 }).filter(isAddress);
const LONGEST = ["x".repeat(256), "\u{1f600}".repeat(64), `${"x".repeat(255)}y`];

describe("names on the server", () => {
  test("an exchange is named after prefix and namespace, and no two pairs share one", () => {
    expect(exchangeOf("muster", "iot")).toBe("muster.iot");
    expect(exchangeOf("a", "b.c")).toBe("a.b_2ec");
    expect(exchangeOf("a.b", "c")).toBe("a.b.c");
  });

  test("the longest prefix and namespace leave room for the names of queues and their pulses", () => {
    const exchange = exchangeOf("p".repeat(64), ".".repeat(64));
    assert.isAtMost(Buffer.byteLength(pulseKeyOf(queueFor(exchange))), 255);
  });

  test("a queue's name begins with its exchange's, and is never the same", () => {
    assert.match(queueFor("muster.iot"), /^muster\.iot\.[0-9a-f-]{36}$/);
    assert.notEqual(queueFor("muster.iot"), queueFor("muster.iot"));
  });
});

describe("routing keys", () => {
  test("an address is its own key", () => {
    for (const text of ["sensor-7", "a.b *#>", " é ", "x".repeat(255)]) assert.equal(keyOf(text), text);
  });

  test("every key fits, and different addresses have different ones", () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        assert.isAtMost(Buffer.byteLength(keyOf(one)), 255);
        assert.equal(keyOf(one) === keyOf(other), one === other);
      }),
      { verbose: true },
    );
  });

  test("an address of 256 bytes is cut, and what it becomes is no address", () => {
    for (const text of LONGEST) {
      assert.isTrue(isCut(keyOf(text)));
      assert.isAtMost(Buffer.byteLength(keyOf(text)), 255);
      assert.isFalse(isAddress(keyOf(text)));
    }
    assert.lengthOf(new Set(LONGEST.map(keyOf)), LONGEST.length);
  });

  test("nobody's address is a pulse", () => {
    assert.isFalse(isAddress(pulseKeyOf(queueFor("muster.iot"))));
  });
});
