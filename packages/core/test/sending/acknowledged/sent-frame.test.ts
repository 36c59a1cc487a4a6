import fc from "fast-check";
import { expect, test } from "vitest";
import { SentFrame, STANDING } from "../../../src/sending/acknowledged/sent-frame.ts";
import { names } from "../../support/world.ts";

test("whoever is settled and whoever moves, a place always names the same recipient, and where it is now", () => {
  const step = fc.record({
    place: fc.nat({ max: 199 }),
    kind: fc.constantFrom("settle", "settle", "settle", "settle", "move", "try"),
    epoch: fc.nat({ max: 9 }),
    address: fc.constantFrom("n.1", "n.2", "own"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.boolean(), (steps, hasEach) => {
      const identities = names(200);
      const addresses = hasEach ? identities.map((name) => `own.${name}`) : "n.0";
      const frame = new SentFrame(1, { identities, epochs: identities.map(() => 1), addresses });
      const model = identities.map((identity) => ({
        identity,
        epoch: 1,
        address: hasEach ? `own.${identity}` : "n.0",
        attempt: 1,
        isOpen: true,
      }));
      for (const { place, kind, epoch, address } of steps) {
        const [index, known] = [frame.indexOf(place), model[place]];
        if (known?.isOpen !== true) continue;
        if (kind === "settle") {
          frame.settle(index);
          known.isOpen = false;
        } else if (kind === "move") {
          frame.moveTo(index, address, epoch);
          Object.assign(known, { epoch, address });
        } else {
          frame.putAttempt(index, epoch);
          known.attempt = epoch;
        }
        frame.shrink();
      }
      for (const [place, { isOpen, ...known }] of model.entries()) {
        const index = frame.indexOf(place);
        if (!isOpen) {
          expect(index === -1 || frame.isSettled(index)).toBe(true);
          continue;
        }
        expect(frame.placeAt(index)).toBe(place);
        expect({
          identity: frame.identityAt(index),
          epoch: frame.epochAt(index),
          address: frame.addressAt(index),
          attempt: frame.attemptAt(index),
        }).toEqual(known);
      }
      expect(frame.open).toBe(model.filter(({ isOpen }) => isOpen).length);
      expect(frame.size).toBeLessThanOrEqual(Math.max(200, 4 * frame.open));
    }),
  );
});

test("a frame of which few are left keeps no more than four times as many", () => {
  const identities = names(1_000);
  const frame = new SentFrame(1, { identities, epochs: identities.map(() => 1), addresses: "n.0" });
  for (let place = 0; place < 999; place += 1) {
    frame.settle(frame.indexOf(place));
    frame.shrink();
    expect(frame.size).toBeLessThanOrEqual(Math.max(4 * frame.open, 64));
  }
  expect([frame.size < 64, frame.identityAt(frame.indexOf(999))]).toEqual([true, identities[999]]);
});

test("what was sent may be handled, for ever after; what was only queued, away or refused may not", () => {
  const frame = new SentFrame(1, { identities: ["ada"], epochs: [1], addresses: "n.0" });
  const maybe = (...standings: readonly (keyof typeof STANDING)[]): readonly boolean[] =>
    standings.map((standing) => {
      if (standing !== "settled") frame.put(0, STANDING[standing]);
      return frame.mayBeHandled(0);
    });
  expect(maybe("queued", "again", "away", "looking")).toEqual([false, false, false, false]);
  expect(maybe("leaving", "sent", "running")).toEqual([true, true, true]);
  expect(maybe("away")).toEqual([false]);
  frame.put(0, STANDING.looking, true);
  expect(maybe("looking", "queued", "away", "again")).toEqual([true, true, true, true]);
});

test("whoever stands at a standing goes on from it, all together or by place, and the settled stay settled", () => {
  const step = fc.record({
    places: fc.option(fc.uniqueArray(fc.nat({ max: 99 }), { maxLength: 20 }), { nil: undefined }),
    kind: fc.constantFrom("move", "move", "move", "settle", "put"),
    from: fc.constantFrom(STANDING.queued, STANDING.leaving, STANDING.sent),
    to: fc.constantFrom(STANDING.queued, STANDING.leaving, STANDING.sent),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const identities = names(100);
      const frame = new SentFrame(1, { identities, epochs: identities.map(() => 1), addresses: "n.0" });
      const model: number[] = identities.map(() => STANDING.queued);
      for (const { places, kind, from, to } of steps) {
        if (kind === "move") {
          frame.move(places, from, to);
          for (const place of places ?? identities.keys()) if (model[place] === from) model[place] = to;
          continue;
        }
        for (const place of places ?? []) {
          if (model[place] === STANDING.settled) continue;
          if (kind === "settle") frame.settle(frame.indexOf(place));
          else frame.put(frame.indexOf(place), to);
          model[place] = kind === "settle" ? STANDING.settled : to;
        }
        frame.shrink();
      }
      for (const [place, standing] of model.entries()) {
        const index = frame.indexOf(place);
        expect(index < 0 ? STANDING.settled : frame.standingAt(index)).toBe(standing);
      }
      const shown = Array.from({ length: frame.variety }, (_, index) => frame.standingAt(index));
      expect(new Set(shown)).toEqual(
        new Set(Array.from({ length: frame.size }, (_, index) => frame.standingAt(index))),
      );
    }),
  );
});
