import fc from "fast-check";
import { expect, test } from "vitest";
import { NODE_ADDRESS_PREFIX } from "../../src/wire/addresses.ts";
import { type Content, encodeMessage } from "../../src/wire/message-frame.ts";
import { Grouping, type Parcel } from "../../src/sending/grouping.ts";
import type { Route } from "../../src/slots/index.ts";
import { names } from "../support/world.ts";

const CONTENT: Content = { id: "m-1", contentType: "text/plain", sentAt: 0, payload: Buffer.from("hello") };
const NODE = `${NODE_ADDRESS_PREFIX}1`;
const LIVING: ReadonlySet<string> = new Set(["s1"]);

interface Recipient {
  readonly identity: string;
  readonly epoch: number;
  readonly address: string;
}

test("every recipient comes out once, with its epoch, at its address, in a frame the slot takes", () => {
  const recipient = fc.record({
    name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    address: fc.constantFrom(NODE, `${NODE_ADDRESS_PREFIX}2`, "device/7"),
  });
  fc.assert(
    fc.property(
      fc.array(recipient, { maxLength: 3_000 }),
      fc.integer({ min: 600, max: 20_000 }),
      fc.integer({ min: 1, max: 2_500 }),
      (recipients, maxBytes, pageSize) => {
        const all = recipients.map(({ name, address }, index) => ({
          identity: `${index}${name}`,
          epoch: index,
          address,
        }));
        const { parcels, singles } = sorted(all, maxBytes, pageSize);
        const out = [...parcels.flatMap(unpacked), ...singles];
        expect(out.toSorted((a, b) => a.epoch - b.epoch)).toEqual(all);
        for (const parcel of parcels) {
          expect(encodedBytes(parcel)).toBeLessThanOrEqual(maxBytes);
          // About: names are counted as if they were ASCII where they fit in any case.
          expect(parcel.bytes).toBeLessThanOrEqual(encodedBytes(parcel) + 1);
          expect(3 * parcel.bytes).toBeGreaterThanOrEqual(encodedBytes(parcel));
        }
        for (const { address } of singles) expect(address).toBe("device/7");
      },
    ),
    { numRuns: 30 },
  );
});

test("a frame takes a thousand recipients and not more", () => {
  const parcels: Parcel[] = [];
  const grouping = new Grouping(CONTENT, Number.MAX_SAFE_INTEGER, (parcel) => void parcels.push(parcel));
  for (let i = 0; i < 2_500; i++) grouping.add([route({ identity: `${i}`, epoch: i, address: NODE })], LIVING);
  expect(parcels.map(({ identities }) => identities.length)).toEqual([1_000, 1_000]);
  grouping.drain();
  expect(parcels.map(({ identities }) => identities.length)).toEqual([1_000, 1_000, 500]);
});

test("a slot with small messages gets several frames, each as large as it takes", () => {
  const all = names(900).map((identity, epoch) => ({ identity, epoch, address: NODE }));
  const { parcels } = sorted(all, 8_000, 100);
  const full = parcels.slice(0, -1);
  expect(full).toHaveLength(2);
  for (const parcel of parcels) expect(encodedBytes(parcel)).toBeLessThanOrEqual(8_000);
  for (const parcel of full) expect(encodedBytes(parcel)).toBeGreaterThan(7_950);
});

test("an identity address gets a message of its own", () => {
  const { parcels, singles } = sorted([{ identity: "a", epoch: 1, address: "device/7" }], 1_000, 1);
  expect(singles).toEqual([{ identity: "a", epoch: 1, address: "device/7" }]);
  expect(parcels).toEqual([]);
});

test("whoever has no address, or no living session, is not reached", () => {
  const grouping = new Grouping(CONTENT, 1_000, () => {});
  const reached = route({ identity: "a", epoch: 1, address: "device/7" });
  const routes = [
    reached,
    { ...reached, identity: "b", address: undefined },
    { ...reached, identity: "c", session: undefined },
    { ...reached, identity: "d", session: "s2" },
    { ...reached, identity: "e", session: "s2", address: NODE },
  ];
  const { singles, unreached } = grouping.add(routes, LIVING);
  expect(singles[0]).toEqual(["a"]);
  expect(unreached).toEqual(["b", "c", "d", "e"]);
});

test("whose session has died since is not reached, though others wait at the same address", () => {
  const parcels: Parcel[] = [];
  const grouping = new Grouping(CONTENT, 100_000, (parcel) => void parcels.push(parcel));
  const at = (identity: string): Route => route({ identity, epoch: 1, address: NODE });
  expect(grouping.add([at("a"), at("b")], LIVING).unreached).toEqual([]);
  expect(grouping.add([at("c")], new Set()).unreached).toEqual(["c"]);
  expect(grouping.add([{ ...at("d"), session: "s2" }, at("e")], new Set(["s1"])).unreached).toEqual(["d"]);
  grouping.drain();
  expect(parcels.map(({ identities }) => identities)).toEqual([["a", "b", "e"]]);
});

test("what waits is bounded however many addresses there are", () => {
  let waiting = 0;
  let most = 0;
  const grouping = new Grouping(CONTENT, 1_000_000, ({ identities }) => {
    waiting -= identities.length;
  });
  for (let i = 0; i < 200_000; i++) {
    waiting += 1;
    grouping.add([route({ identity: `${i}`, epoch: i, address: `${NODE_ADDRESS_PREFIX}${i % 5_000}` })], LIVING);
    most = Math.max(most, waiting);
  }
  expect(most).toBeLessThanOrEqual(32_768);
});

/** All that comes of recipients who arrive in pages. */
function sorted(
  recipients: readonly Recipient[],
  maxBytes: number,
  pageSize: number,
): { readonly parcels: readonly Parcel[]; readonly singles: readonly Recipient[] } {
  const parcels: Parcel[] = [];
  const singles: Recipient[] = [];
  const grouping = new Grouping(CONTENT, maxBytes, (parcel) => void parcels.push(parcel));
  for (let from = 0; from < recipients.length; from += pageSize) {
    const page = recipients.slice(from, from + pageSize).map(route);
    const [identities, epochs, addresses] = grouping.add(page, LIVING).singles;
    identities.forEach((identity, index) => {
      singles.push({ identity, epoch: epochs[index] ?? -1, address: addresses[index] ?? "" });
    });
  }
  grouping.drain();
  return { parcels, singles };
}

function route(recipient: Recipient): Route {
  return { ...recipient, session: "s1", registeredAt: 0, expiresAt: undefined, ttlMs: undefined, revision: 1 };
}

function unpacked({ address, identities, epochs }: Parcel): Recipient[] {
  return identities.map((identity, index) => ({ identity, epoch: epochs[index] ?? -1, address }));
}

function encodedBytes(parcel: Parcel): number {
  return encodeMessage(CONTENT, parcel).length;
}
