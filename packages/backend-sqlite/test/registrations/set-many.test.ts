import type { SetEntry } from "@muster/core/slots";
import { entry } from "@muster/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { columnsOf, registrationIn } from "../../src/codec.ts";
import { outcomeOf } from "../../src/namespace/outcomes.ts";
import { getMany } from "../../src/registrations/reading.ts";
import { setMany } from "../../src/registrations/set-many.ts";
import type { Store } from "../../src/store/store.ts";
import { freshStore } from "../store/support.ts";

let store: Store;
beforeEach(() => {
  store = freshStore();
});
afterEach(() => store.close());

function set(entries: readonly SetEntry[]): readonly unknown[] {
  const { now, verdicts } = setMany(store, { namespace: "ns", maxIdentities: undefined, drafts: columnsOf(entries) });
  return entries.map((one, index) => outcomeOf(verdicts[index] ?? -1, one, now));
}

function stored(entries: readonly SetEntry[]): readonly unknown[] {
  const rows = getMany(store, { namespace: "ns", identities: entries.map(({ identity }) => identity) });
  return rows.map((row) => row && { stored: registrationIn(row) });
}

/** Of every length that statements for metadata are cut into, and something over. */
const COUNT = 64 + 2 * 8 + 3;

function batch(of: string): readonly SetEntry[] {
  return Array.from({ length: COUNT }, (_, index) => entry(`${of}-${index}`, { metadata: { of, index } }));
}

test("what is told of a batch that begins is what stands, each with metadata of its own", () => {
  const entries = batch("sensor");
  expect(set(entries)).toEqual(stored(entries));
  expect(stored(entries)).toMatchObject(entries.map(({ metadata }) => ({ stored: { metadata, revision: 1 } })));
});

test("entries on other terms than those before them keep their own", () => {
  const entries = batch("sensor").map((one, index) => {
    const ttlMs = index % 3 === 0 ? undefined : 60_000 + (index % 2);
    return { ...one, ttlMs, address: index % 5 === 0 ? `address-${index}` : undefined };
  });
  expect(set(entries)).toEqual(stored(entries));
  expect(stored(entries)).toMatchObject(entries.map(({ ttlMs, address }) => ({ stored: { ttlMs, address } })));
});

test("lives that go on keep what they have beside others that begin in the same batch", () => {
  const old = batch("old");
  const epochs = set(old).map((outcome) => (outcome as { stored: { epoch: number } }).stored.epoch);
  const updates = old.map((one, index) => {
    return { ...one, metadata: { is: "new" }, attempt: `update-${index}`, mode: { epoch: epochs[index] ?? 0 } };
  });
  const entries = updates.flatMap((update, index) => [update, entry(`young-${index}`)]);
  const outcomes = set(entries);
  expect(outcomes).toEqual(stored(entries));
  const updated = outcomes.filter((_, index) => index % 2 === 0);
  expect(updated).toMatchObject(epochs.map((epoch) => ({ stored: { epoch, revision: 2, metadata: { is: "new" } } })));
});

test("each begins with an epoch of its own, though what lies between them is refused", () => {
  const standing = batch("standing").map((one) => ({ ...one, mode: { epoch: 1 } }) satisfies SetEntry);
  const entries = standing.flatMap((one, index) => [one, entry(`young-${index}`)]);
  const begun = set(entries).filter((_, index) => index % 2 === 1);
  expect(begun).toEqual(stored(entries.filter((_, index) => index % 2 === 1)));
  expect(new Set(begun.map((one) => (one as { stored: { epoch: number } }).stored.epoch)).size).toBe(COUNT);
});
