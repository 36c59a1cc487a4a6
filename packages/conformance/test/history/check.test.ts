import { describe, expect, test } from "vitest";
import { checkHistory, type Guarantee } from "../../src/history/check.ts";
import type { HistoryEvent, ListenEvent } from "../../src/history/events.ts";

const STRICT: Guarantee = { delivery: "at-most-once", order: "per-publisher", retains: false, excuses: [] };

function publish(message: string, publisher = "ann", batch = message, address = "a"): HistoryEvent {
  return { kind: "publish", publisher, batch, message, address };
}

function answer(message: string, outcome: "accepted" | "refused" | "unknown" = "accepted"): HistoryEvent {
  return { kind: "answer", message, outcome };
}

function receive(message: string, inbox = "north", address = "a"): HistoryEvent {
  return { kind: "receive", inbox, message, address };
}

function acknowledge(message: string): HistoryEvent {
  return { kind: "acknowledge", inbox: "north", message };
}

function listen(state: ListenEvent["state"], inbox = "north"): HistoryEvent {
  return { kind: "listen", inbox, address: "a", state };
}

function live(inbox = "north"): readonly HistoryEvent[] {
  return [listen("adding", inbox), listen("live", inbox)];
}

/** The sentences about a history. */
function told(events: readonly HistoryEvent[], changes: Partial<Guarantee> = {}): readonly string[] {
  return checkHistory(events, { ...STRICT, ...changes }).map(({ text }) => text);
}

describe("what is found", () => {
  test("an accepted message that a live inbox never got", () => {
    expect(told([...live(), publish("m"), answer("m")])).toEqual([
      'loss: north never got m on "a" although it was accepted for a live inbox (event 3)',
    ]);
  });

  test("a message that came twice", () => {
    expect(told([...live(), publish("m"), answer("m"), receive("m"), receive("m")])).toEqual([
      'duplicate: north got again m on "a" although nothing may arrive twice (event 5)',
    ]);
  });

  test("a message that came after a later one", () => {
    const events = [...live(), publish("m"), answer("m"), publish("n"), answer("n"), receive("n"), receive("m")];
    expect(told(events)).toEqual(['reorder: north got too late m on "a" after n, which was published later (event 7)']);
  });

  test("a message that the broker had refused", () => {
    expect(told([...live(), publish("m"), answer("m", "refused"), receive("m")])).toEqual([
      'phantom: north got m on "a" which the broker had refused (event 4)',
    ]);
  });

  test("a message on an address that is not its own", () => {
    expect(told([...live(), publish("m", "ann", "1", "b"), answer("m"), receive("m")])).toEqual([
      'leak: north got m on "a" which was published to "b" (event 4)',
    ]);
  });

  test("a message from before the inbox was asked to listen, unless messages are retained", () => {
    const events = [publish("m"), answer("m"), ...live(), receive("m")];
    expect(told(events)).toEqual(['stray: north got m on "a" from before it was asked to listen (event 4)']);
    expect(told(events, { retains: true })).toEqual([]);
  });

  test("a message from after the inbox had stopped listening", () => {
    const events = [...live(), listen("removing"), listen("gone"), publish("m"), answer("m"), receive("m")];
    expect(told(events)).toEqual(['stray: north got m on "a" from after it had stopped listening (event 6)']);
  });

  test("a message that was there before the inbox was asked to listen", () => {
    expect(told([publish("m"), receive("m"), ...live(), answer("m")])).toEqual([
      'stray: north got m on "a" from before it was asked to listen (event 1)',
    ]);
  });

  test("a loss and a stray around an address that was added twice and removed once", () => {
    const twice = [...live(), publish("m"), ...live(), answer("m"), listen("removing"), listen("gone")];
    expect(told([...twice, publish("n"), answer("n"), receive("n")])).toEqual([
      'loss: north never got m on "a" although it was accepted for a live inbox (event 5)',
      'stray: north got n on "a" from after it had stopped listening (event 10)',
    ]);
    expect(told([...twice, receive("m"), publish("n"), answer("n")])).toEqual([]);
  });

  test("an acknowledgement of what was not received", () => {
    expect(told([...live(), publish("m"), acknowledge("m"), answer("m"), receive("m")])).toEqual([
      'phantom: north got m on "a" as acknowledged without having received it (event 3)',
    ]);
  });

  test("what comes again after its acknowledgement, even at-least-once", () => {
    const events = [...live(), publish("m"), answer("m"), receive("m"), receive("m"), acknowledge("m"), receive("m")];
    expect(told(events, { delivery: "at-least-once" })).toEqual([
      'duplicate: north got again m on "a" after it had been acknowledged (event 7)',
    ]);
    expect(told([...events, acknowledge("m")], { delivery: "at-least-once" })).toHaveLength(1);
  });

  test("all of it, in the order in which it shows", () => {
    const events = [...live(), publish("m"), receive("?"), answer("m"), receive("m"), receive("m")];
    const kinds = checkHistory([...events, publish("n"), answer("n")], STRICT).map(({ kind }) => kind);
    expect(kinds).toEqual(["phantom", "duplicate", "loss"]);
  });
});

describe("what is not", () => {
  test("a missing message that was refused, or about which nothing is known", () => {
    const asked = [publish("m"), publish("n"), publish("o")];
    expect(told([...live(), ...asked, answer("m", "refused"), answer("n", "unknown")])).toEqual([]);
  });

  test("a message that arrives before its answer, or has none", () => {
    expect(told([...live(), publish("m"), receive("m"), answer("m", "unknown")])).toEqual([]);
    expect(told([...live(), publish("m"), receive("m")])).toEqual([]);
  });

  test("a missing message that was published while the inbox was still being added, or removed already", () => {
    expect(told([listen("adding"), publish("m"), listen("live"), answer("m")])).toEqual([]);
    expect(told([...live(), publish("m"), listen("removing"), answer("m"), listen("gone")])).toEqual([]);
  });

  test("a message from the time of an earlier window", () => {
    const gap = [listen("removing"), listen("gone"), ...live()];
    expect(told([...live(), publish("m"), answer("m"), ...gap, receive("m")])).toEqual([]);
  });

  test("any order of messages that were handed over at the same time in different batches", () => {
    const events = [...live(), publish("m"), publish("n"), answer("m"), answer("n"), receive("n"), receive("m")];
    expect(told(events)).toEqual([]);
  });

  test("any order of different publishers", () => {
    const events = [...live(), publish("m"), answer("m"), publish("n", "bob"), answer("n"), receive("n"), receive("m")];
    expect(told(events)).toEqual([]);
    expect(told(events, { order: "per-address" })).toHaveLength(1);
  });
});

describe("excuses", () => {
  const lost = [...live(), publish("m"), answer("m")];
  const fault = (state: "begins" | "ends"): HistoryEvent => ({ kind: "fault", fault: "cut", state });

  test("a fault excuses the loss of what was published before it ended, and only where it may", () => {
    const events = [...lost, fault("begins"), fault("ends")];
    expect(told(events, { excuses: ["fault"] })).toEqual([]);
    expect(told(events)).toHaveLength(1);
    expect(told([fault("begins"), ...lost], { excuses: ["fault"] })).toEqual([]);
  });

  test("the last of several faults counts", () => {
    const stop = { kind: "fault", fault: "stop" } as const;
    const faults = [fault("begins"), { ...stop, state: "begins" }, { ...stop, state: "ends" }] as const;
    expect(told([...faults, ...lost, fault("ends")], { excuses: ["fault"] })).toEqual([]);
    expect(told([...faults, ...lost], { excuses: ["fault"] })).toEqual([]);
  });

  test("nothing that was published after the last fault", () => {
    expect(told([fault("begins"), fault("ends"), ...lost], { excuses: ["fault"] })).toHaveLength(1);
  });

  test("closing excuses the loss of what had not arrived by then, and only where it may", () => {
    const events = [...lost, listen("removing"), listen("gone")];
    expect(told(events, { excuses: ["closing"] })).toEqual([]);
    expect(told(events)).toHaveLength(1);
    expect(told(lost, { excuses: ["closing"] })).toHaveLength(1);
  });
});

describe("order per address", () => {
  const both = [...live("north"), ...live("south")];
  const atOnce = [publish("m"), publish("n", "bob"), answer("m"), answer("n")];

  test("is any order of what was published at the same time, but the same in all inboxes", () => {
    const alike = [receive("n"), receive("m"), receive("n", "south"), receive("m", "south")];
    const unlike = [receive("m"), receive("n"), receive("n", "south"), receive("m", "south")];
    expect(told([...both, ...atOnce, ...alike], { order: "per-address" })).toEqual([]);
    expect(told([...both, ...atOnce, ...unlike], { order: "per-address" })).toEqual([
      'reorder: south got too late m on "a" after n, unlike north (event 11)',
    ]);
  });
});

test("a message that is late for two reasons is late once", () => {
  const both = [...live("north"), ...live("south")];
  const published = [publish("m"), publish("n", "bob"), answer("m"), publish("o"), answer("n"), answer("o")];
  const south = ["n", "o", "m"].map((message) => receive(message, "south"));
  const events = [...both, ...published, receive("m"), receive("n"), receive("o"), ...south];
  expect(told(events, { order: "per-address" })).toEqual([
    'reorder: south got too late m on "a" after o, which was published later (event 15)',
  ]);
});

test("a recording in which a message is published twice is no history", () => {
  expect(() => told([publish("m"), publish("m")])).toThrow("recorded as published twice: m");
});

test("nor is one with an answer for what was never published", () => {
  expect(() => told([answer("m")])).toThrow("never published");
});
