import fc from "fast-check";
import { assert, expect, test } from "vitest";
import { StreamClock } from "../../src/mirror/stream-clock.ts";

interface Beside {
  readonly clock: StreamClock;
  own: number;
  readonly server: () => number;
}

/** A server whose clock is so far ahead of the own one, which is moved by hand. */
function clockBeside(ahead: number): Beside {
  const beside: Beside = {
    own: 1_000,
    clock: new StreamClock(() => beside.own),
    server: (): number => beside.own + ahead,
  };
  return beside;
}

test("nothing is known before anything is heard", () => {
  expect(new StreamClock(() => 5).now()).toEqual({ earliest: -Infinity, latest: Infinity });
});

test("the server's time lies between the bounds, however long messages take", () => {
  const trips = fc.array(fc.record({ there: fc.nat(50), back: fc.nat(50), pause: fc.nat(5_000) }), { minLength: 1 });
  fc.assert(
    fc.property(trips, fc.integer({ min: -1e6, max: 1e6 }), (all, ahead) => {
      const beside = clockBeside(ahead);
      for (const { there, back, pause } of all) {
        const leftAt = beside.own;
        beside.own += there;
        const stamp = beside.server();
        beside.own += back;
        beside.clock.hear(stamp);
        beside.clock.answer(stamp, leftAt);
        beside.own += pause;
        const { earliest, latest } = beside.clock.now();
        assert.isAtMost(earliest, beside.server() + 1e-6);
        assert.isAtLeast(latest, beside.server() - 1e-6);
      }
    }),
  );
});

test("what is known wears out, as clocks run apart", () => {
  const beside = clockBeside(0);
  beside.clock.hear(beside.server());
  beside.clock.answer(beside.server(), beside.own);
  const { widthMs } = beside.clock;
  beside.own += 10_000;
  expect(beside.clock.widthMs).toBeCloseTo(widthMs + 10, 5);
});

test("what was stamped long ago narrows nothing", () => {
  const beside = clockBeside(0);
  beside.clock.hear(beside.server());
  const { earliest } = beside.clock.now();
  beside.clock.hear(beside.server() - 60_000);
  expect(beside.clock.now().earliest).toBe(earliest);
});

test.each([-60_000, 60_000])("a server whose clock is set by %d ms is believed", (by) => {
  const beside = clockBeside(0);
  beside.clock.hear(beside.server());
  beside.clock.answer(beside.server(), beside.own);
  const stamp = beside.server() + by;
  beside.clock.hear(stamp);
  beside.clock.answer(stamp, beside.own);
  const { earliest, latest } = beside.clock.now();
  expect(earliest).toBe(stamp);
  expect(latest).toBe(stamp);
});
