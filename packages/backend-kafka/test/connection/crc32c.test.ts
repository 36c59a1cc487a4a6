import { createRequire } from "node:module";
import fc from "fast-check";
import { assert, test } from "vitest";
import { crc32c } from "../../src/connection/crc32c.ts";

const driversCrc32c = createRequire(import.meta.url)("kafkajs/src/protocol/recordBatch/crc32C/index.js") as (
  bytes: Uint8Array,
) => number;

test("of the text that every implementation is tried with", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
});

test("is the driver's, wherever the bytes begin", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 20 }), (bytes, from) => {
      const part = bytes.subarray(from);
      assert.equal(crc32c(part), driversCrc32c(part));
    }),
  );
});

test("goes on behind what came before", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (one, other) => {
      assert.equal(crc32c(other, crc32c(one)), crc32c(Buffer.concat([one, other])));
    }),
  );
});
