import { assert, describe, test } from "vitest";
import type { Frame } from "../../src/queues/frames.ts";
import { Holdings } from "../../src/queues/holdings.ts";
import type { Item } from "../../src/queues/items.ts";

const PLACE = { session: "s", epoch: 7 };
const ALL = { max: 100, maxPerIdentity: 100, waitMs: 0, leaseMs: 1 };

function frameFor(...identities: readonly string[]): Frame {
  const about = { contentType: "text/plain", sentAt: 1, guarantee: "at-least-once", replyTo: undefined } as const;
  return {
    message: { id: "m", payload: Buffer.from("text"), ...about },
    expiresAt: Date.now() + 60_000,
    recipients: identities.map((identity) => ({ identity, epoch: 1, attempts: 0 })),
  };
}

class Desk {
  readonly holdings = new Holdings("seal");
  readonly acked: string[] = [];

  take(id: string, frame: Frame, returns = 0): readonly Item[] {
    const items = this.holdings.take(id, frame, returns, () => void this.acked.push(id));
    for (const item of items) this.holdings.wait(item, PLACE);
    return items;
  }

  leased(options = ALL): readonly { readonly identity: string; readonly attempt: number; readonly receipt: string }[] {
    return this.holdings.lease("s", options).flatMap(({ recipients }) => recipients);
  }

  end(receipt: string): void {
    const found = this.holdings.find(receipt);
    assert.ok(typeof found === "object");
    this.holdings.end(found);
  }
}

describe("what a process holds", () => {
  test("a frame is acknowledged with the last of its recipients", () => {
    const desk = new Desk();
    desk.take("f", frameFor("a", "b"));
    const [first, second] = desk.leased();
    desk.end(first?.receipt ?? "");
    assert.deepEqual(desk.acked, []);
    desk.end(second?.receipt ?? "");
    assert.deepEqual(desk.acked, ["f"]);
  });

  test("what has ended does not come again with its frame, and what was leased counts as tried", () => {
    const desk = new Desk();
    desk.take("f", frameFor("a", "b", "c"));
    const [a, b] = desk.leased({ ...ALL, max: 2 });
    assert.deepEqual([a?.identity, b?.identity], ["a", "b"]);
    desk.end(a?.receipt ?? "");
    desk.holdings.lose();
    assert.isUndefined(desk.holdings.find(b?.receipt ?? ""));
    desk.take("f", frameFor("a", "b", "c"), 1);
    assert.deepEqual(
      desk.leased().map(({ identity, attempt }) => [identity, attempt]),
      [
        ["b", 2],
        ["c", 1],
      ],
    );
  });

  test("a frame of which all has ended is acknowledged again when it comes again", () => {
    const desk = new Desk();
    desk.take("f", frameFor("a"));
    desk.end(desk.leased()[0]?.receipt ?? "");
    assert.deepEqual(desk.take("f", frameFor("a"), 1), []);
    assert.deepEqual(desk.acked, ["f", "f"]);
  });

  test("what the server has handed over in vain to somebody else counts", () => {
    const desk = new Desk();
    desk.take("f", frameFor("a"), 2);
    assert.equal(desk.leased()[0]?.attempt, 3);
  });

  test("a delay is waited for, and no longer", () => {
    const desk = new Desk();
    const [item] = desk.take("f", frameFor("a"));
    assert.ok(item !== undefined);
    desk.holdings.wait(item, PLACE, { delayMs: 60_000 });
    assert.deepEqual(desk.leased(), []);
    assert.isAbove(desk.holdings.nextDue() ?? 0, performance.now() + 50_000);
    desk.holdings.wait(item, PLACE);
    assert.lengthOf(desk.leased(), 1);
  });

  test("what has expired ends instead of being handed out", () => {
    const desk = new Desk();
    desk.take("f", { ...frameFor("a"), expiresAt: Date.now() - 1 });
    assert.deepEqual(desk.leased(), []);
    assert.deepEqual(desk.acked, ["f"]);
  });

  test("copies of one message are handed out as one", () => {
    const desk = new Desk();
    desk.take("f", frameFor("a"));
    desk.take("g", frameFor("b"));
    const [leased, ...others] = desk.holdings.lease("s", ALL);
    assert.deepEqual(others, []);
    assert.deepEqual(
      leased?.recipients.map(({ identity, epoch }) => [identity, epoch]),
      [
        ["a", 7],
        ["b", 7],
      ],
    );
  });

  test("of one identity no more is handed out at once than is asked for, and more than that crowds", () => {
    const desk = new Desk();
    for (const id of ["1", "2", "3", "4"])
      desk.take(id, { ...frameFor("a"), message: { ...frameFor("a").message, id } });
    desk.take("5", frameFor("b"));
    assert.deepEqual(
      desk.leased({ ...ALL, maxPerIdentity: 2 }).map(({ identity }) => identity),
      ["a", "a", "b"],
    );
    assert.deepEqual(desk.leased({ ...ALL, maxPerIdentity: 2 }), [], "as long as they are leased");
    assert.lengthOf(desk.holdings.crowding(2), 2);
    assert.lengthOf(desk.holdings.crowding(3), 1);
  });
});
