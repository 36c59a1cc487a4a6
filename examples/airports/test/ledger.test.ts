import type { Message } from "@muster/core";
import { describe, expect, it } from "vitest";
import { Ledger } from "../src/ledger.ts";

function message(id: string, text: string): Message {
  return {
    id,
    identity: "a",
    epoch: 1,
    contentType: "text/plain; charset=utf-8",
    sentAt: 0,
    attempt: 1,
    signal: new AbortController().signal,
    reject: () => undefined,
    bytes: () => new TextEncoder().encode(text),
    text: () => text,
    json: (): unknown => JSON.parse(text),
  };
}

describe("the ledger", () => {
  it("counts a second copy without naming its receiver twice", () => {
    const ledger = new Ledger();
    ledger.record("a", message("m1", "Hello"));
    ledger.record("a", message("m1", "Hello"));
    ledger.record("b", message("m2", "Hello"));
    expect(ledger.tally("m1")).toEqual({ count: 2, identities: new Set(["a"]), texts: new Set(["Hello"]) });
  });

  it("waits no longer than for the last receiver", async () => {
    const ledger = new Ledger();
    const all = ledger.received("m1", 2, 2 ** 31 - 1);
    ledger.record("a", message("m1", "Hello"));
    ledger.record("b", message("m1", "Hello"));
    await all;
    expect(ledger.tally("m1").count).toBe(2);
  });

  it("gives up on receivers that never come", async () => {
    const ledger = new Ledger();
    await ledger.received("m1", 1, 1);
    expect(ledger.tally("m1").count).toBe(0);
  });
});
