import { describe, expect, test } from "vitest";
import {
  checkDeliveries,
  type DurableEvent,
  type DurableGuarantee,
  type HandedEvent,
} from "../../src/history/deliveries.ts";

const STRICT: DurableGuarantee = { order: "fifo", leasesEnd: true, knowsRepetitions: true };
const LEASE_MS = 100;

type Dequeue = HandedEvent["asked"];

/** Events as they are recorded; each is answered before the next begins, unless it says otherwise. */
class History {
  readonly events: DurableEvent[] = [];

  enqueue(message: string, outcome: "done" | "refused" | "unknown" = "done"): this {
    return this.#add({ kind: "enqueue", message, identity: "a" }, outcome);
  }

  attach(session = "s", epoch = 1): this {
    return this.#add({ kind: "attach", identity: "a", session, epoch }, "done");
  }

  hand(
    receipt: string,
    message = "m",
    changes: Partial<HandedEvent> & { readonly askedAtMs?: number; readonly session?: string } = {},
  ): this {
    const { askedAtMs = 0, session = "s", ...rest } = changes;
    const asked: Dequeue = { kind: "dequeue", session, leaseMs: LEASE_MS, askedAtMs };
    this.events.push(asked);
    const handed = {
      message,
      text: `text of ${message}`,
      identity: "a",
      epoch: 1,
      receipt,
      attempt: 1,
      atMs: askedAtMs,
    };
    this.events.push({ kind: "handed", asked, ...handed, ...rest });
    return this;
  }

  settle(receipt: string, as: "ack" | "retry" = "ack", outcome: "done" | "refused" | "unknown" = "done"): this {
    return this.#add({ kind: "settle", receipt, as }, outcome);
  }

  found(changes: Partial<DurableGuarantee> = {}): readonly string[] {
    return checkDeliveries(this.events, { ...STRICT, ...changes }, (message) => `text of ${message}`);
  }

  #add(event: Exclude<DurableEvent, HandedEvent>, outcome: "done" | "refused" | "unknown"): this {
    this.events.push(event);
    if (outcome !== "unknown") event.told = { at: this.events.length - 0.5, outcome };
    return this;
  }
}

function history(): History {
  return new History().attach();
}

describe("a good history", () => {
  test("is empty, or ends with all that was accepted", () => {
    expect(history().found()).toEqual([]);
    expect(history().enqueue("m").hand("1").settle("1").found()).toEqual([]);
    expect(history().enqueue("m").hand("1").settle("1", "retry").hand("2").settle("2").found()).toEqual([]);
  });

  test("may have lost what nobody was told of, and delivered it", () => {
    expect(history().enqueue("m", "unknown").found()).toEqual([]);
    expect(history().enqueue("m", "unknown").hand("1").settle("1").found()).toEqual([]);
  });

  test("may hand out again what was leased to somebody who died", () => {
    const over = history().enqueue("m").hand("1").hand("2", "m", { askedAtMs: LEASE_MS }).settle("2");
    expect(over.found()).toEqual([]);
    const moved = history()
      .enqueue("m")
      .hand("1")
      .attach("t", 2)
      .hand("2", "m", { session: "t", epoch: 2 })
      .settle("2");
    expect(moved.found()).toEqual([]);
  });
});

describe("what is found", () => {
  test("a loss, also when the acknowledgement was refused", () => {
    const loss = "loss: m for a was accepted, and has not ended";
    expect(history().enqueue("m").found()).toEqual([loss]);
    expect(history().enqueue("m").hand("1").settle("1", "ack", "refused").found()).toEqual([loss]);
  });

  test("a phantom", () => {
    const phantom = "phantom: m for a is handed out, and nobody has enqueued it";
    expect(history().hand("1").settle("1").found()).toEqual([phantom]);
    expect(history().enqueue("m", "refused").hand("1").settle("1").found()).toEqual([phantom]);
  });

  test("a message that is torn", () => {
    expect(history().enqueue("m").hand("1", "m", { text: "text" }).settle("1").found()).toEqual([
      'torn: m for a says "text"',
    ]);
  });

  test("a leak to another session, and one to an epoch that was never attached", () => {
    expect(history().enqueue("m").hand("1", "m", { session: "t" }).settle("1").found()).toEqual([
      "leak: m for a is handed to t in epoch 1, where it was never attached",
    ]);
    expect(history().enqueue("m").hand("1", "m", { epoch: 2 }).settle("1").found()).toEqual([
      "leak: m for a is handed to s in epoch 2, where it was never attached",
    ]);
  });

  test("a duplicate after the end, and one while it is leased", () => {
    const again = history().enqueue("m").hand("1").settle("1").hand("2").settle("2");
    expect(again.found()).toEqual(["duplicate: m for a is handed out after it had ended (ack)"]);
    const shared = history().enqueue("m").hand("1").hand("2").settle("1").settle("2");
    expect(shared.found()).toEqual(["duplicate: m for a is handed out while it is leased to s"]);
    const never = history().enqueue("m").hand("1").hand("2", "m", { askedAtMs: LEASE_MS }).settle("2");
    expect(never.found({ leasesEnd: false })).toEqual(["duplicate: m for a is handed out while it is leased to s"]);
    expect(never.found({ leasesEnd: false, knowsRepetitions: false })).toEqual([]);
  });

  test("one that has overtaken another, where there is an order", () => {
    const overtaken = history().enqueue("m").enqueue("n").hand("1", "n").settle("1").hand("2", "m").settle("2");
    expect(overtaken.found()).toEqual(["reorder: n for a is handed out before m for a, which was accepted first"]);
    expect(overtaken.found({ order: "none" })).toEqual([]);
  });
});
