import { describe, expect, it } from "vitest";
import { Ledger, type Note } from "../src/ledger.ts";

function note(identity: string, messageId: string): Note {
  return { identity, messageId, text: "Hello" };
}

describe("the ledger", () => {
  it("counts a second copy without naming its receiver twice", () => {
    const ledger = new Ledger();
    ledger.record(note("a", "m1"));
    ledger.record(note("a", "m1"));
    ledger.record(note("b", "m2"));
    expect(ledger.tally("m1")).toEqual({ count: 2, identities: new Set(["a"]), texts: new Set(["Hello"]) });
  });

  it("waits no longer than for the last receiver", async () => {
    const ledger = new Ledger();
    const all = ledger.received("m1", 2, 2 ** 31 - 1);
    ledger.record(note("a", "m1"));
    ledger.record(note("b", "m1"));
    await all;
    expect(ledger.tally("m1").count).toBe(2);
  });

  it("gives up on receivers that never come", async () => {
    const ledger = new Ledger();
    await ledger.received("m1", 1, 1);
    expect(ledger.tally("m1").count).toBe(0);
  });
});
