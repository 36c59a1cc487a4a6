import { encodeName } from "@muster/core/slots";
import fc from "fast-check";
import { assert, test } from "vitest";
import { encodeValue } from "../../src/codec.ts";
import { putAscii, putLiteral, putName, putNumber } from "../../src/writing/ascii.ts";

const AT = 3;
const text = fc.string({ unit: fc.integer({ min: 0, max: 0x180 }).map((code) => String.fromCharCode(code)) });
const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)) });

/** What `put` writes; `undefined` where it refuses. */
function written(put: (bytes: Uint8Array, at: number) => number): string | undefined {
  const bytes = Buffer.alloc(1_000, "?");
  const to = put(bytes, AT);
  if (to < 0) return undefined;
  assert.equal(bytes.toString("latin1", 0, AT), "???");
  assert.equal(bytes[to], 0x3f);
  return bytes.toString("latin1", AT, to);
}

test("ASCII stands as it is", () => {
  fc.assert(
    fc.property(ascii, (each) =>
      assert.equal(
        written((bytes, at) => putAscii(bytes, at, each)),
        each,
      ),
    ),
  );
});

test("numbers have all their digits", () => {
  for (const each of [0, 9, 10, 99, 100, 65_536, 1_048_576, 2 ** 40]) {
    assert.equal(
      written((bytes, at) => putNumber(bytes, at, each)),
      String(each),
    );
  }
});

test("values are copied if they need no encoding, and refused else", () => {
  fc.assert(
    fc.property(fc.oneof(text, ascii, fc.constantFrom("", " a", "a ", "a b", "100%")), (each) => {
      const expected = encodeValue(each) === each ? each : undefined;
      assert.equal(
        written((bytes, at) => putLiteral(bytes, at, each)),
        expected,
      );
    }),
  );
});

test("names are spelled as everywhere, and refused if they are not ASCII", () => {
  fc.assert(
    fc.property(fc.oneof(text, ascii), (each) => {
      const expected = Buffer.byteLength(each) === each.length ? encodeName(each, 1_000) : undefined;
      assert.equal(
        written((bytes, at) => putName(bytes, at, each)),
        expected,
      );
    }),
  );
});
