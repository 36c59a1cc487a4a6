import { Command } from "ioredis";
import { describe, expect, test } from "vitest";
import { writtenScript } from "../../src/connection/written-command.ts";
import { script } from "../../src/scripts/script.ts";

const SCRIPT = script({ name: "any", lua: ["return 1"] });
const KEYS = Object.freeze(["muster:{a}:x", "muster:{a}:ü"]);

describe("a script that is written down by us", () => {
  test.each([
    ["nothing", [], []],
    ["no key", [], ["a"]],
    ["no argument", KEYS, []],
    ["texts of every width", KEYS, ["", "a", "é", "語", "😀", "\0\r\n$1\r\n", "x".repeat(100_000)]],
    ["numbers", KEYS, [0, -1, 2 ** 53 - 1, 1.5]],
  ])("is what the driver would have written: %s", (_, keys, args) => {
    const command = new Command("evalsha", [SCRIPT.sha, keys.length, ...keys, ...args]);
    const expected = String(command.toWritable({}));
    expect(String(writtenScript(SCRIPT, keys, args, "utf8").toWritable({}))).toBe(expected);
    expect(String(writtenScript(SCRIPT, keys, args, "utf8").toWritable({}))).toBe(expected);
  });

  test("tells a cluster one of its keys", () => {
    expect(writtenScript(SCRIPT, KEYS, ["a"], "utf8").getKeys()).toEqual([KEYS[0]]);
    expect(writtenScript(SCRIPT, [], ["a"], "utf8").getKeys()).toEqual([]);
  });
});
