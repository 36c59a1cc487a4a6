import { describe, expect, test } from "vitest";
import { nextTry, redirect } from "../../../src/sending/acknowledged/redirecting.ts";
import { SentFrame, STANDING } from "../../../src/sending/acknowledged/sent-frame.ts";
import type { Found } from "../../../src/sending/acknowledged/whereabouts.ts";

function frameOf(...identities: readonly string[]): SentFrame {
  return new SentFrame(1, { identities, epochs: identities.map(() => 7), addresses: "n.old" });
}

/** What becomes of the first recipient of a frame that has been sent, or has only been queued. */
function redirected(found: Found, { isMissed = false, isSent = true } = {}): readonly [unknown, number] {
  const frame = frameOf("ada");
  if (isSent) frame.put(0, STANDING.sent);
  const sought = { frame, place: 0, identity: "ada", isMissed };
  return [redirect(frame, 0, sought, found), frame.standingAt(0)];
}

describe("a recipient that was looked up", () => {
  const moved = { address: "n.new", epoch: 8 } as Found; // The rest of a route is nobody's business here.

  test("is sent to where it is now", () => {
    expect(redirected(moved)[0]).toEqual({ address: "n.new" });
  });

  test("is sent to where it was when nothing is known of it", () => {
    expect(redirected("unknown")[0]).toEqual({ address: "n.old" });
  });

  test("waits when it is where it has just been missed", () => {
    const same = { address: "n.old", epoch: 7 } as Found; // As above.
    expect(redirected(same, { isMissed: true })).toEqual([undefined, STANDING.again]);
    expect(redirected(same)[0]).toEqual({ address: "n.old" });
  });

  test("is away when nobody serves it", () => {
    expect(redirected("away")).toEqual([undefined, STANDING.away]);
    expect(redirected({ address: undefined, epoch: 7 } as Found)).toEqual([undefined, STANDING.away]); // As above.
  });

  test("has been unregistered when it is gone, unless it may have handled the message", () => {
    expect(redirected("gone", { isSent: false })[0]).toBe("unregistered");
    expect(redirected("gone")).toEqual([undefined, STANDING.away]);
  });
});

describe("the next try", () => {
  const limits = { frameBytes: 100, maxBatch: 2 };

  test("at a node is one message for all of them, with one attempt more", () => {
    const frame = frameOf("a", "b", "c");
    frame.putAttempt(1, 3);
    const posts = [...nextTry(frame, "n.new", [0, 1, 2], limits)];
    expect(posts).toEqual([{ frame, places: [0, 1, 2], address: "n.new", attempt: 4, bytes: 220 }]);
    expect(frame.attemptAt(0)).toBe(4);
  });

  test("at addresses of their own is in batches", () => {
    const frame = frameOf("a", "b", "c");
    const posts = [...nextTry(frame, "own", [0, 1, 2], limits)];
    expect(posts.map(({ places, address, bytes }) => [places, address, bytes])).toEqual([
      [[0, 1], undefined, 200],
      [[2], undefined, 100],
    ]);
  });
});
