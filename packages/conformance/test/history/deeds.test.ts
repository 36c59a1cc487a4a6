import type { Registration } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { checkDeeds, type Deed, type Told } from "../../src/history/deeds.ts";

let now = 0;

/** A deed that is over before the next one begins. */
function deed(kind: Deed["kind"], attempt: string, told?: Told, epoch?: number): Deed {
  now += 2;
  return {
    identity: "a",
    kind,
    attempt,
    metadata: { of: attempt },
    begunAt: now,
    toldAt: now + 1,
    ...(epoch !== undefined && { epoch }),
    ...(told && { told }),
  };
}

function stored(epoch: number, revision = 1): Told {
  return { as: "stored", epoch, revision };
}

function found(attempt: string, epoch: number, revision = 1, changes: Partial<Registration> = {}): Registration {
  return {
    ...{ identity: "a", epoch, revision, attempt, metadata: { of: attempt }, registeredAt: 0 },
    ...{ session: undefined, address: undefined, expiresAt: undefined, ttlMs: undefined },
    ...changes,
  };
}

function check(deeds: readonly Deed[], one?: Registration): readonly string[] {
  return checkDeeds(deeds, new Map(one && [[one.identity, one]]));
}

const registered = deed("register", "first", stored(1));
const updated = deed("update", "second", stored(1, 2), 1);

describe("a good history", () => {
  test.each([
    ["ends as it was told", [registered, updated], found("second", 1, 2)],
    ["ends with what nobody was told of", [registered, deed("register", "unheard")], found("unheard", 2)],
    ["ends without what nobody was told of", [registered, deed("register", "unheard")], found("first", 1)],
    [
      "has an update that nobody was told of",
      [registered, deed("update", "unheard", undefined, 1)],
      found("unheard", 1, 2),
    ],
    ["ends in a deletion", [registered, deed("unregister", "x", { as: "deleted" }, 1)], undefined],
    ["ends in a deletion that nobody was told of", [registered, deed("unregister", "x", undefined, 1)], undefined],
    ["ends with nobody where none was told", [deed("register", "unheard")], undefined],
    [
      "is renewed",
      [registered, deed("renew", "x", { as: "renewed", expiresAt: 5 }, 1)],
      found("first", 1, 1, { expiresAt: 5 }),
    ],
  ])("%s", (_, deeds, one) => {
    expect(check(deeds, one)).toEqual([]);
  });
});

describe("a broken promise is named", () => {
  test.each<[string, readonly Deed[], Registration | undefined]>([
    ["lost: epoch 1 was told, and nothing is found", [registered], undefined],
    ["lost: epoch 2 was told, and 1 is found", [registered, deed("register", "later", stored(2))], found("first", 1)],
    ["lost: second was told revision 2, and 1 is found", [registered, updated], found("first", 1)],
    ["lost: first was told what unheard has written", [registered, deed("register", "unheard")], found("unheard", 1)],
    ["phantom: nobody has written ghost", [], found("ghost", 1)],
    ["phantom: no had been refused", [deed("register", "no", { as: "refused" })], found("no", 1)],
    ["torn: first wrote other metadata", [registered], found("first", 1, 1, { metadata: {} })],
    ["twice: 1 updates have come to revision 3", [registered, updated], found("second", 1, 3)],
    [
      "revived: epoch 1 had been deleted",
      [registered, deed("unregister", "x", { as: "deleted" }, 1)],
      found("first", 1),
    ],
    [
      "lost: a renewal until 9 was told, and 5 is found",
      [registered, deed("renew", "x", { as: "renewed", expiresAt: 9 }, 1)],
      found("first", 1, 1, { expiresAt: 5 }),
    ],
    [
      "again got epoch 1, though 2 had been given before",
      [deed("register", "one", stored(2)), deed("register", "again", stored(1))],
      found("one", 2),
    ],
    [
      "lost: second was told, and epoch 1, revision 1 is read after that",
      [registered, updated, deed("read", "x", { as: "found", epoch: 1, revision: 1 })],
      found("second", 1, 2),
    ],
    [
      "third and second were both told revision 2 of epoch 1",
      [registered, updated, deed("update", "third", stored(1, 2), 1)],
      found("third", 1, 2),
    ],
  ])("%s", (problem, deeds, one) => {
    expect(check(deeds, one)).toContain(`a: ${problem}`);
  });
});
