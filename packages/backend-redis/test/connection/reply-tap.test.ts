import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ReplyReader, ReplyTap, tapReplies } from "../../src/connection/reply-tap.ts";

/** Takes bulk strings that begin with an `x`, and remembers them. */
class Reader implements ReplyReader {
  readonly taken: string[] = [];

  take(bytes: Buffer, start: number): number {
    const text = bytes.toString("latin1", start);
    const length = Number(/^\$(\d+)\r\n/.exec(text)?.[1] ?? Number.NaN);
    const textAt = text.indexOf("\n") + 1;
    if (Number.isNaN(length) || text.length === textAt || text[textAt] !== "x") return start;
    const end = textAt + length;
    if (end + 2 <= text.length) this.taken.push(text.slice(textAt, end));
    return start + end + 2;
  }
}

const texts = fc
  .tuple(fc.constantFrom("x", "y"), fc.nat({ max: 3_000 }))
  .map(([letter, n]) => letter.padEnd(n + 1, "-"));

test("however what comes is cut into chunks, the reader takes its own and the driver gets the rest, in full and in order", () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1 }), fc.array(fc.nat({ max: 5_000 })), (all, sizes) => {
      const reader = new Reader();
      const passed: string[] = [];
      const tap = new ReplyTap(reader, (reply) => passed.push(reply.toString("latin1")));
      const bytes = Buffer.from(all.map((text) => `$${text.length}\r\n${text}\r\n`).join(""));
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        if (at < bytes.length) tap.read(bytes.subarray(at, at + size + 1));
        at += size + 1;
      }
      expect(reader.taken).toEqual(all.filter((text) => text.startsWith("x")));
      expect(passed).toEqual(
        all.filter((text) => text.startsWith("y")).map((text) => `$${text.length}\r\n${text}\r\n`),
      );
    }),
  );
});

test("a reader stands before the one who listened, who still gets what is not the reader's", async () => {
  const stream = new PassThrough();
  const heard: string[] = [];
  stream.on("data", (chunk) => void heard.push(String(chunk)));
  const reader = new Reader();
  expect(tapReplies(stream, reader)).toBe(true);
  stream.write("$1\r\nx\r\n+OK\r\n:1\r\n");
  await expect.poll(() => heard).toEqual(["+OK\r\n", ":1\r\n"]);
  expect(reader.taken).toEqual(["x"]);
});

test.each([0, 2])("where %d listen, nothing is changed", (count) => {
  const stream = new PassThrough();
  const listeners = Array.from({ length: count }, () => (): void => {});
  for (const listener of listeners) stream.on("data", listener);
  expect(tapReplies(stream, new Reader())).toBe(false);
  expect(stream.listeners("data")).toEqual(listeners);
});
