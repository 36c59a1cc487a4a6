import fc from "fast-check";
import { expect, test } from "vitest";
import { replyEnd } from "../../src/connection/reply-end.ts";

/** In Redis' protocol. */
const replies: fc.Arbitrary<string> = fc.letrec<{ readonly reply: string }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "+OK\r\n",
      "-ERR it is wrong\r\n",
      ":0\r\n",
      ":-12\r\n",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      "$0\r\n\r\n",
    ),
    fc
      .string({ unit: fc.constantFrom("a", "\r", "\n", "$", "*", "1") })
      .map((text) => `$${text.length}\r\n${text}\r\n`),
    fc.array(tie("reply"), { maxLength: 4 }).map((all) => `*${all.length}\r\n${all.join("")}`),
  ),
})).reply;

test("a reply ends where the next one begins", () => {
  fc.assert(
    fc.property(replies, fc.string(), fc.string(), (reply, before, behind) => {
      const start = Buffer.byteLength(before);
      expect(replyEnd(Buffer.from(before + reply + behind), start)).toBe(start + reply.length);
    }),
  );
});

test("of a reply that is cut short the end lies behind all bytes, and never behind its own end", () => {
  fc.assert(
    fc.property(replies, fc.nat(), (reply, cut) => {
      const length = cut % reply.length;
      const end = replyEnd(Buffer.from(reply.slice(0, length)), 0);
      expect(end).toBeGreaterThan(length);
      expect(end).toBeLessThanOrEqual(reply.length);
    }),
  );
});
