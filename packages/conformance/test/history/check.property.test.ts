import { seededRandom } from "@muster/filter/corpus";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHistory, type Guarantee } from "../../src/history/check.ts";
import type { HistoryEvent, PublishEvent, ReceiveEvent } from "../../src/history/events.ts";
import { goodHistory } from "./simulation.ts";

const STRICT: Guarantee = { delivery: "at-most-once", order: "per-publisher", retains: false, excuses: [] };

/** A place where the anomaly can be put, and the history with it. */
interface Injection {
  readonly expected: Readonly<Record<"kind" | "inbox" | "message", string>>;
  readonly events: readonly HistoryEvent[];
}

/** Every way of putting one kind of anomaly into a good history. */
type Injector = (events: readonly HistoryEvent[]) => readonly Injection[];

function receptions(events: readonly HistoryEvent[]): readonly (readonly [at: number, event: ReceiveEvent])[] {
  return [...events.entries()].flatMap(([at, event]) => (event.kind === "receive" ? [[at, event] as const] : []));
}

function publishes(events: readonly HistoryEvent[]): readonly (readonly [at: number, event: PublishEvent])[] {
  return [...events.entries()].flatMap(([at, event]) => (event.kind === "publish" ? [[at, event] as const] : []));
}

/** Where the inbox' last word on the address stood before `at`. */
function listening(events: readonly HistoryEvent[], inbox: string, address: string, at: number): string | undefined {
  const before = events
    .slice(0, at)
    .filter((event) => event.kind === "listen" && event.inbox === inbox && event.address === address);
  const last = before.at(-1);
  return last?.kind === "listen" ? last.state : undefined;
}

function answeredAt(events: readonly HistoryEvent[], message: string): number {
  return events.findIndex((event) => event.kind === "answer" && event.message === message);
}

const loss: Injector = (events) =>
  receptions(events)
    .filter(([, { inbox, message, address }]) => {
      const [publishedAt] = publishes(events).find(([, event]) => event.message === message) ?? [0];
      const states = events
        .slice(publishedAt, answeredAt(events, message))
        .some((event) => event.kind === "listen" && event.inbox === inbox && event.address === address);
      return listening(events, inbox, address, publishedAt) === "live" && !states;
    })
    .map(([at, { inbox, message }]) => ({
      expected: { kind: "loss", inbox, message },
      events: events.toSpliced(at, 1),
    }));

const duplicate: Injector = (events) =>
  receptions(events).map(([at, event]) => ({
    expected: { kind: "duplicate", inbox: event.inbox, message: event.message },
    events: events.toSpliced(at + Math.floor((events.length - at) / 2) + 1, 0, event),
  }));

const phantom: Injector = (events) =>
  receptions(events).map(([at, event]) => ({
    expected: { kind: "phantom", inbox: event.inbox, message: "never" },
    events: events.toSpliced(at, 0, { ...event, message: "never" }),
  }));

const earlyPhantom: Injector = (events) =>
  publishes(events).map(([at, { message, address }]) => ({
    expected: { kind: "phantom", inbox: "east", message },
    events: events.toSpliced(at, 0, { kind: "receive", inbox: "east", message, address }),
  }));

const leakToAnotherAddress: Injector = (events) =>
  receptions(events).map(([at, event]) => ({
    expected: { kind: "leak", inbox: event.inbox, message: event.message },
    events: events.toSpliced(at + 1, 0, { ...event, address: "elsewhere" }),
  }));

const leakToAnotherInbox: Injector = (events) =>
  receptions(events).map(([at, event]) => ({
    expected: { kind: "leak", inbox: "east", message: event.message },
    events: events.toSpliced(at + 1, 0, { ...event, inbox: "east" }),
  }));

const stray: Injector = (events) =>
  publishes(events).flatMap(([at, { message, address }]) =>
    ["north", "south"]
      .filter((inbox) => {
        const later = events.slice(at).some((e) => e.kind === "listen" && e.inbox === inbox && e.address === address);
        return listening(events, inbox, address, at) === "gone" && !later;
      })
      .map((inbox) => ({
        expected: { kind: "stray", inbox, message },
        events: [...events, { kind: "receive", inbox, message, address } as const],
      })),
  );

const reorder: Injector = (events) => {
  const publications = new Map(publishes(events).map((entry) => [entry[1].message, entry]));
  const answers = new Map(events.map((event, at) => [event.kind === "answer" ? event.message : "", at]));
  const all = receptions(events);
  return all.flatMap(([at, event]) => {
    const [, publication] = publications.get(event.message) ?? [];
    const overtaker = all.find(([laterAt, { inbox, message }]) => {
      const [publishedAt, other] = publications.get(message) ?? [0];
      if (laterAt <= at || inbox !== event.inbox || other?.publisher !== publication?.publisher) return false;
      return other?.batch === publication?.batch || (answers.get(event.message) ?? 0) < publishedAt;
    });
    if (overtaker === undefined) return [];
    const expected = { kind: "reorder", inbox: event.inbox, message: event.message };
    return [{ expected, events: events.toSpliced(overtaker[0] + 1, 0, event).toSpliced(at, 1) }];
  });
};

const injectors = { loss, duplicate, phantom, earlyPhantom, leakToAnotherAddress, leakToAnotherInbox, stray, reorder };

describe("a random history", () => {
  test.each(["none", "per-publisher", "per-address"] as const)(
    "without an anomaly has no findings, in order %s",
    (order) => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          expect(checkHistory(goodHistory(seededRandom(seed)), { ...STRICT, order })).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );

  test.each(Object.entries(injectors))("with one %s has exactly that finding", (_name, inject) => {
    let injected = 0;
    fc.assert(
      fc.property(fc.integer(), fc.nat(), (seed, choice) => {
        const all = inject(goodHistory(seededRandom(seed)));
        const injection = all[choice % Math.max(1, all.length)];
        if (injection === undefined) return;
        injected += 1;
        expect(checkHistory(injection.events, STRICT)).toMatchObject([injection.expected]);
      }),
      { numRuns: 100 },
    );
    expect(injected).toBeGreaterThan(0);
  });

  test("with duplicates has no findings where delivery is at-least-once", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        for (const { events } of duplicate(goodHistory(seededRandom(seed))).slice(0, 3)) {
          expect(checkHistory(events, { ...STRICT, delivery: "at-least-once" })).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });
});
