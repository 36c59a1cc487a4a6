import fc from "fast-check";
import { expect, test } from "vitest";
import { consignmentsOf, settlementsOf, sideBySide } from "../../src/relaying/consignment.ts";
import type { Parcel } from "../../src/slots/index.ts";

let parcels = 0;

function parcelOf(id: string, identities: readonly string[], changes: Partial<Parcel> = {}): Parcel {
  parcels += 1;
  const message = {
    id,
    contentType: "text/plain",
    sentAt: 1,
    guarantee: "at-least-once" as const,
    replyTo: undefined,
    payload: new Uint8Array(),
  };
  const start = { message, idempotencyKey: undefined, digest: id, filter: null, ttlMs: 1_000 };
  const targets = identities.map((identity) => ({ identity, epoch: 1 }));
  return { parcel: String(parcels), start, targets, ttlMs: 1_000, attempts: 0, ...changes };
}

test("parcels of one multicast that lie side by side leave together, as urgent and as often tried as any of them", () => {
  const [first, second, other, last] = [
    parcelOf("m", ["a"], { ttlMs: 500 }),
    parcelOf("m", ["b", "c"], { attempts: 3 }),
    parcelOf("n", ["a"]),
    parcelOf("m", ["d"]),
  ];
  const consignments = consignmentsOf([first, second, other, last]);
  expect(consignments.map((consignment) => consignment.parcels)).toEqual([[first, second], [other], [last]]);
  expect(consignments[0]).toMatchObject({ ttlMs: 500, attempts: 3 });
  expect(consignments[0]?.targets.map(({ identity }) => identity)).toEqual(["a", "b", "c"]);
});

test("nobody is in two of those that leave at once, and everyone's come in order", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(names, { maxLength: 60 }), (recipients) => {
      const all = consignmentsOf(recipients.map((identities, n) => parcelOf(`m${n}`, identities)));
      const waves = sideBySide(all);
      expect(waves.flat()).toEqual(all);
      for (const wave of waves) {
        const together = wave.flatMap(({ targets }) => targets.map(({ identity }) => identity));
        expect(new Set(together).size).toBe(together.length);
      }
    }),
  );
});

test("those who have nobody in common leave at once, up to a bound", () => {
  const apart = consignmentsOf(Array.from({ length: 40 }, (_, n) => parcelOf(`m${n}`, [`id-${n}`])));
  expect(sideBySide(apart).map(({ length }) => length)).toEqual([16, 16, 8]);
});

test("each parcel is settled for those who are in it", () => {
  const [one, other] = [parcelOf("m", ["a", "b"]), parcelOf("m", ["c"])];
  const failure = { identity: "b", code: "QUEUE_FULL", reason: "full" } as const;
  const fate = { failed: new Map([["b", failure]]), left: new Set(["c"]), delayMs: 7 };
  const [consignment] = consignmentsOf([one, other]);
  expect(consignment && settlementsOf(consignment, fate, "handed")).toEqual([
    { parcel: one.parcel, as: "handed", failed: [failure], left: [], delayMs: 7 },
    { parcel: other.parcel, as: "handed", failed: [], left: ["c"], delayMs: 7 },
  ]);
});
