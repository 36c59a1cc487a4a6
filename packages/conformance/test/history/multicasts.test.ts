/** Histories of multicasts, good and bad. */

import { describe, expect, test } from "vitest";
import type {
  CallEvent,
  Finally,
  MulticastEvent,
  MulticastGuarantee,
  SendEvent,
  TakeEvent,
} from "../../src/history/multicast-events.ts";
import { checkMulticasts } from "../../src/history/multicasts.ts";

const DURABLE: MulticastGuarantee = { way: "durable", order: "fifo" };
const UNKNOWN: Finally = { status: () => undefined, effects: () => undefined };

type Receipts = NonNullable<SendEvent["told"]>["receipts"];
type Ending = NonNullable<CallEvent["ended"]>["as"];

function take(at: number, process = "p", identity = "ada"): TakeEvent {
  return { kind: "take", at, identity, process, told: { at: at + 0.5, epoch: at } };
}

function send(
  at: number,
  text: string,
  told?: readonly [at: number, receipt: Omit<Receipts[number], "identity">],
): SendEvent {
  const event: SendEvent = { kind: "send", at, text, to: ["ada"] };
  if (told) event.told = { at: told[0], id: text, receipts: [{ identity: "ada", ...told[1] }] };
  return event;
}

function call(at: number, text: string, ended?: Ending, changes: Partial<CallEvent> = {}): CallEvent {
  const event: CallEvent = { kind: "call", at, text, id: text, identity: "ada", epoch: 1, process: "p", ...changes };
  if (ended) event.ended = { at: at + 0.5, as: ended };
  return event;
}

function found(
  events: readonly MulticastEvent[],
  guarantee: MulticastGuarantee = DURABLE,
  end: Finally = UNKNOWN,
): readonly string[] {
  return checkMulticasts(events, guarantee, end).map(({ problem }) => problem.split(":")[0] ?? "");
}

const delivered = { status: "delivered" } as const;
const pending = { status: "pending" } as const;

describe("a good history", () => {
  test("is one in which everyone has handled what was sent to it", () => {
    expect(found([take(1), send(2, "a", [4, delivered]), call(3, "a", "handled")])).toEqual([]);
  });

  test.each(["acknowledged", "durable", "exactly-once"] as const)(
    "may reach two lives, the former of which has not heard of its end, but no life twice: %s",
    (way) => {
      const sent = send(2, "a", [9, delivered]);
      const late = call(5, "a", "handled");
      const events = (epoch: number): readonly MulticastEvent[] => [
        ...[take(1), sent, take(3, "q"), late],
        call(7, "a", "handled", { process: "q", epoch }),
      ];
      const end: Finally = { status: () => "delivered", effects: () => 1 };
      expect(found(events(3), { way, order: "none" }, end)).toEqual([]);
      expect(found(events(1), { way, order: "none" }, end)).toContain("duplicate");
      const twice: Finally = { ...end, effects: () => 2 };
      expect(found(events(3), { way, order: "none" }, twice)).toEqual(way === "exactly-once" ? ["duplicate"] : []);
    },
  );

  test("may try again what was thrown over, and what a process held that died or was replaced", () => {
    const sent = send(2, "a", [9, delivered]);
    const first = call(3, "a");
    expect(found([take(1), sent, call(3, "a", "thrown"), call(4, "a", "handled")])).toEqual([]);
    const after = call(8, "a", "handled", { process: "q", epoch: 7 });
    expect(found([take(1), sent, first, { kind: "death", at: 5, process: "p" }, take(7, "q"), after])).toEqual([]);
    expect(found([take(1), sent, first, take(7, "q"), after])).toEqual([]);
  });

  test("may lose what was not accepted", () => {
    expect(found([take(1), send(2, "a")])).toEqual([]);
    expect(found([take(1), send(2, "a", [3, { status: "timeout", code: "INDETERMINATE" }])])).toEqual([]);
  });
});

test("what was accepted and never handled is a loss", () => {
  expect(found([take(1), send(2, "a", [3, pending])])).toEqual(["loss"]);
  const pendingForEver: Finally = { ...UNKNOWN, status: () => "pending" };
  expect(found([take(1), send(2, "a", [3, pending]), call(4, "a", "handled")], DURABLE, pendingForEver)).toEqual([
    "loss",
  ]);
});

test("a receipt that came before its handler had finished is a lie", () => {
  expect(found([take(1), send(2, "a", [3, delivered]), call(4, "a", "handled")])).toEqual(["lie"]);
});

test("a failure that nobody has caused, or after which it is handled, is a lie", () => {
  const failed = (code: string): Omit<Receipts[number], "identity"> => ({ status: "failed", code });
  expect(found([take(1), send(2, "a", [3, failed("REJECTED")])])).toEqual(["lie"]);
  expect(found([take(1), send(2, "a", [3, failed("DEAD_LETTERED")])])).toEqual(["lie"]);
  expect(found([take(1), send(2, "a", [3, failed("UNREGISTERED")])])).toEqual(["lie"]);
  const late = call(6, "a", "handled");
  expect(found([take(1), send(2, "a", [5, failed("REJECTED")]), call(3, "a", "rejected"), take(5.5), late])).toEqual([
    "lie",
  ]);
});

test("what a handler makes of it after somebody else has taken its identity over contradicts no receipt", () => {
  const superseded = call(3, "a", "handled");
  superseded.ended = { at: 9, as: "handled" };
  const rejected = call(5, "a", "rejected", { process: "q", epoch: 4 });
  const sent = send(2, "a", [7, { status: "failed", code: "REJECTED" }]);
  expect(found([take(1), sent, superseded, take(4, "q"), rejected])).toEqual([]);
});

test("a repetition without a reason is a duplicate, and at most once every one is", () => {
  const twice = [take(1), send(2, "a", [9, delivered]), call(3, "a", "handled"), call(5, "a", "handled")];
  expect(found(twice)).toEqual(["duplicate"]);
  const excused = [...twice.slice(0, 3), { kind: "death", at: 4, process: "p" } as const, ...twice.slice(3)];
  expect(found(excused)).toEqual([]);
  expect(found(excused, { way: "at-most-once", order: "none" })).toEqual(["duplicate"]);
});

test("what comes to somebody it was not sent to is a leak, and where that identity never was a stray", () => {
  expect(found([take(1), call(2, "a", "handled")])).toEqual(["leak"]);
  expect(found([take(1), send(2, "a"), call(3, "a", "handled", { process: "q" })])).toEqual(["stray"]);
  expect(found([take(1), send(2, "a"), call(3, "a", "handled", { epoch: 7 })])).toEqual(["stray"]);
});

test("one multicast under two ids is a phantom", () => {
  expect(found([take(1), send(2, "a"), call(3, "a", "handled"), call(4, "a", "handled", { id: "b" })])).toEqual([
    "phantom",
  ]);
});

test("where queues are fifo, what overtakes an accepted message is out of order", () => {
  const events = [
    take(1),
    send(2, "a", [3, pending]),
    send(4, "b", [9, delivered]),
    call(5, "b", "handled"),
    call(6, "a", "handled"),
  ];
  expect(found(events)).toEqual(["reorder"]);
  expect(found(events, { way: "durable", order: "none" })).toEqual([]);
});

test("effects stand once for what is delivered, and not for what has failed", () => {
  const events = [take(1), send(2, "a", [4, delivered]), call(3, "a", "handled")];
  const once: MulticastGuarantee = { way: "exactly-once", order: "fifo" };
  const end = (effects: number, status: "delivered" | "failed"): Finally => ({
    effects: () => effects,
    status: () => status,
  });
  expect(found(events, once, end(1, "delivered"))).toEqual([]);
  expect(found(events, once, end(2, "delivered"))).toEqual(["duplicate"]);
  expect(found(events, once, end(0, "delivered"))).toEqual(["loss"]);
  expect(found(events, once, end(1, "failed"))).toEqual(["lie", "lie"]);
});

test("what was recorded comes exactly when it has committed", () => {
  const acknowledged: MulticastGuarantee = { way: "acknowledged", order: "none" };
  const end = (stands: boolean): Finally => ({ ...UNKNOWN, stands: () => stands });
  const unheard = [take(1), send(2, "a")];
  const handled = [...unheard, call(3, "a", "handled")];
  expect(found(handled, acknowledged, end(true))).toEqual([]);
  expect(found(unheard, acknowledged, end(false))).toEqual([]);
  expect(found(handled, acknowledged, end(false))).toEqual(["phantom"]);
  expect(found(unheard, acknowledged, end(true))).toEqual(["loss"]);
  expect(found([take(1), send(2, "a", [3, pending])], acknowledged, end(false))).toEqual(["loss"]);
  expect(found([...unheard, call(3, "a", "thrown")], acknowledged, end(true))).toEqual(["loss"]);
});
