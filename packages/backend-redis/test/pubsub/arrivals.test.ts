import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplyTap } from "../../src/connection/reply-tap.ts";
import { type Arrival, Arrivals } from "../../src/pubsub/arrivals.ts";

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function pushed(kind: string, channel: string, message: string): string {
  return `*3\r\n${bulk(kind)}${bulk(channel)}${bulk(message)}`;
}

function told({ bytes, channelStart, channelEnd, start, end }: Arrival): string {
  return `${bytes.toString("utf8", channelStart, channelEnd)}=${bytes.toString("utf8", start, end)}`;
}

const words = fc.string({ unit: "binary", maxLength: 300 }).map((text) => Buffer.from(text).toString());
const confirmations = fc.constantFrom("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");

test.each(["message", "smessage"] as const)(
  "every %s is taken, however it is cut, and confirmations are left",
  (kind) => {
    const replies = fc.oneof({ weight: 4, arbitrary: fc.tuple(words, words) }, { weight: 1, arbitrary: confirmations });
    fc.assert(
      fc.property(fc.array(replies), fc.array(fc.nat({ max: 400 })), (all, sizes) => {
        const heard: string[] = [];
        const tap = new ReplyTap(new Arrivals(kind, (arrival) => heard.push(told(arrival))), (reply) =>
          heard.push(String(reply)),
        );
        const text = all.map((one) => (typeof one === "string" ? one : pushed(kind, ...one))).join("");
        const bytes = Buffer.from(text);
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          if (at < bytes.length) tap.read(bytes.subarray(at, at + size + 1));
          at += size + 1;
        }
        expect(heard).toEqual(all.map((one) => (typeof one === "string" ? one : one.join("="))));
      }),
    );
  },
);

test("a message of another kind is left", () => {
  const left: string[] = [];
  const tap = new ReplyTap(new Arrivals("message", () => left.push("taken")), (reply) => left.push(String(reply)));
  tap.read(Buffer.from(pushed("smessage", "a", "b")));
  expect(left).toEqual([pushed("smessage", "a", "b")]);
});
