import fc from "fast-check";
import { expect, test } from "vitest";
import { NODE_ADDRESS_PREFIX } from "../../src/wire/addresses.ts";
import { type Content, encodeMessage } from "../../src/wire/frame.ts";
import { Grouping, type Parcel } from "../../src/sending/grouping.ts";
import { names } from "../support/world.ts";

const CONTENT: Content = { id: "m-1", contentType: "text/plain", sentAt: 0, payload: Buffer.from("hello") };
const NODE = `${NODE_ADDRESS_PREFIX}1`;

test("every recipient comes out once, with its epoch, at its address, in a frame the slot takes", () => {
  const recipient = fc.record({
    name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    address: fc.constantFrom(NODE, `${NODE_ADDRESS_PREFIX}2`, "device/7"),
  });
  fc.assert(
    fc.property(
      fc.array(recipient, { maxLength: 3_000 }),
      fc.integer({ min: 600, max: 20_000 }),
      (recipients, maxBytes) => {
        const all = recipients.map(({ name, address }, index) => ({
          identity: `${index}${name}`,
          epoch: index,
          address,
        }));
        const grouping = new Grouping(CONTENT, maxBytes);
        const parcels = [...all.flatMap((one) => grouping.add(one)), ...grouping.drain()];
        expect(parcels.flatMap(unpacked).toSorted((a, b) => a.epoch - b.epoch)).toEqual(all);
        for (const parcel of parcels) expect(encodedBytes(parcel)).toBeLessThanOrEqual(maxBytes);
      },
    ),
    { numRuns: 30 },
  );
});

test("a frame takes a thousand recipients and not more", () => {
  const grouping = new Grouping(CONTENT, Number.MAX_SAFE_INTEGER);
  const sizes: number[] = [];
  for (let i = 0; i < 2_500; i++)
    for (const { identities } of grouping.add({ identity: `${i}`, epoch: i, address: NODE }))
      sizes.push(identities.length);
  expect(sizes).toEqual([1_000, 1_000]);
  expect(grouping.drain().map(({ identities }) => identities.length)).toEqual([500]);
});

test("a slot with small messages gets several frames, each as large as it takes", () => {
  const grouping = new Grouping(CONTENT, 8_000);
  const parcels = names(900).flatMap((identity, epoch) => grouping.add({ identity, epoch, address: NODE }));
  expect(parcels).toHaveLength(2);
  for (const parcel of parcels) expect(encodedBytes(parcel)).toBeLessThanOrEqual(8_000);
  for (const parcel of parcels) expect(encodedBytes(parcel)).toBeGreaterThan(7_950);
});

test("an identity address gets a message of its own", () => {
  const grouping = new Grouping(CONTENT, 1_000);
  expect(grouping.add({ identity: "a", epoch: 1, address: "device/7" })).toHaveLength(1);
  expect(grouping.drain()).toEqual([]);
});

test("what waits is bounded however many addresses there are", () => {
  const grouping = new Grouping(CONTENT, 1_000_000);
  let waiting = 0;
  let most = 0;
  for (let i = 0; i < 200_000; i++) {
    waiting += 1;
    for (const { identities } of grouping.add({
      identity: `${i}`,
      epoch: i,
      address: `${NODE_ADDRESS_PREFIX}${i % 5_000}`,
    }))
      waiting -= identities.length;
    most = Math.max(most, waiting);
  }
  expect(most).toBeLessThanOrEqual(32_768);
});

function unpacked({ address, identities, epochs }: Parcel): { identity: string; epoch: number; address: string }[] {
  return identities.map((identity, index) => ({ identity, epoch: epochs[index] ?? -1, address }));
}

function encodedBytes(parcel: Parcel): number {
  return parcel.address.startsWith(NODE_ADDRESS_PREFIX)
    ? encodeMessage(CONTENT, parcel).length
    : CONTENT.payload.byteLength;
}
