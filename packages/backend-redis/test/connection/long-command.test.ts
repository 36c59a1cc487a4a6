import { Command } from "ioredis";
import { expect, test } from "vitest";
import { LongCommand } from "../../src/connection/long-command.ts";

const REPLIES = { replyEncoding: null };
const LONG = Array.from({ length: 500 }, (_, index) => `sensor-${index} \u00e9\u{1f600}`);

test.each([
  ["a short command", ["key", "\u00e9", 1_000, 0.5]],
  ["a long one, of text of every script", ["key", ...LONG]],
  [
    "a long one in ASCII, with empty texts and numbers",
    ["", 0, 1e21, "x".repeat(12_345), ...LONG.map((_, at) => "y".repeat(at))],
  ],
  ["one with bytes in it", ["key", Buffer.from([0, 255]), ...LONG]],
])("%s leaves as the driver would have written it", (_, args: readonly (string | number | Buffer)[]) => {
  const asDriven = new Command("hmget", [...args], {}).toWritable({});
  const written = new LongCommand("hmget", [...args], REPLIES).toWritable({});
  expect(Buffer.from(written)).toEqual(Buffer.from(asDriven));
});

test("a long command leaves as bytes", () => {
  expect(new LongCommand("hmget", ["key", ...LONG], REPLIES).toWritable({})).toBeInstanceOf(Buffer);
});
