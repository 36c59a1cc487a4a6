import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChannelScope, channelsOf } from "../../src/pubsub/channels.ts";

const SCOPE: ChannelScope = { topology: "standalone", prefix: "muster", db: 0, namespace: "iot" };

const scopes = fc.record({
  topology: fc.constantFrom("standalone" as const, "cluster" as const),
  prefix: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,8}$/),
  db: fc.integer({ min: 0, max: 15 }),
  namespace: fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/),
});
const addresses = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 16 }),
  fc.constantFrom("*", "{}", "{iot}", ":", "a b", "é", "e\u0301", "\u{1f600}"),
);

test("a channel is prefix, namespace and address, and for another database its number", () => {
  expect(channelsOf(SCOPE).channelOf("sensor-7")).toBe("muster:{iot}:sensor-7");
  expect(channelsOf({ ...SCOPE, db: 3 }).channelOf("sensor-7")).toBe("muster@3:{iot}:sensor-7");
});

test("in a cluster a channel lies in one of sixteen shards, told by a hash of the address", () => {
  const { channelOf, shards } = channelsOf({ ...SCOPE, topology: "cluster" });
  expect(shards).toBe(16);
  // FNV-1a of "a" is e40c292c, of "foobar" bf9cf968.
  expect(channelOf("a")).toBe("muster:{iot/c}:a");
  expect(channelOf("foobar")).toBe("muster:{iot/8}:foobar");
});

test("in each channel the address begins at the same place", () => {
  fc.assert(
    fc.property(scopes, addresses, (scope, address) => {
      const { channelOf, addressAt } = channelsOf(scope);
      expect(channelOf(address).slice(addressAt)).toBe(address);
    }),
  );
});

test("however prefix, database, namespace and address are joined, no other four give the same channel", () => {
  fc.assert(
    fc.property(scopes, addresses, scopes, addresses, (one, address, other, otherAddress) => {
      const topology = one.topology;
      const isSame = JSON.stringify([one, address]) === JSON.stringify([{ ...other, topology }, otherAddress]);
      const channels = [channelsOf(one).channelOf(address), channelsOf({ ...other, topology }).channelOf(otherAddress)];
      expect(channels[0] === channels[1]).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});

test("no address has the channel of a beacon", () => {
  fc.assert(
    fc.property(scopes, addresses, (scope, address) => {
      const channels = channelsOf(scope);
      const beacons = Array.from({ length: channels.shards }, (_, shard) => channels.beaconOf(shard));
      expect(beacons).not.toContain(channels.channelOf(address));
    }),
  );
});
