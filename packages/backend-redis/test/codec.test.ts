import { describe, expect, test } from "vitest";
import { decodeStamp, isLive, registrationOf, routeOf } from "../src/codec.ts";
import { outcomeOf } from "./support.ts";

const NUMBERS = "1 s 1700000030000 1700000000000001 3 1700000000000 30000";
const WHOLE = `${NUMBERS}\0session-1\0node-1\0attempt-1`;
const BARE = "1 s never 7 1 1700000000000 \0\0\0attempt-1";

describe("decodeStamp", () => {
  test("gives every part of a stamp", () => {
    expect(decodeStamp(WHOLE)).toEqual({
      isStanding: true,
      epoch: 1_700_000_000_000_001,
      revision: 3,
      registeredAt: 1_700_000_000_000,
      expiresAt: 1_700_000_030_000,
      ttlMs: 30_000,
      session: "session-1",
      address: "node-1",
      attempt: "attempt-1",
    });
  });

  test("gives undefined for what is absent", () => {
    const { expiresAt, ttlMs, session, address } = decodeStamp(BARE);
    expect([expiresAt, ttlMs, session, address]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("knows no expiry of what its session keeps alive", () => {
    const { expiresAt, ttlMs } = decodeStamp(BARE.replace("never", "bound").replace(" \0", " 500\0"));
    expect([expiresAt, ttlMs]).toEqual([undefined, 500]);
  });

  test("keeps spaces, braces and text of every script in names", () => {
    const { session, address, attempt } = decodeStamp("1 s never 7 1 0 \0a b {c}\0\u{1f600} *\0:\u00e9 1 s");
    expect([session, address, attempt]).toEqual(["a b {c}", "\u{1f600} *", ":\u00e9 1 s"]);
  });

  test("keeps every digit of the largest epoch", () => {
    expect(decodeStamp(BARE.replace(" 7 ", " 9007199254740991 ")).epoch).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("refuses what a newer release has written", async () => {
    expect(await outcomeOf((async () => decodeStamp(WHOLE.replace("1", "2")))())).toBe("UNSUPPORTED");
  });
});

describe("isLive", () => {
  const stamp = decodeStamp(WHOLE);

  test("ends at the very millisecond of the expiry", () => {
    expect([isLive(stamp, 1_700_000_029_999), isLive(stamp, 1_700_000_030_000)]).toEqual([true, false]);
  });

  test("never ends without an expiry", () => {
    expect(isLive(decodeStamp(BARE), Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test("is over for a tombstone, whatever its expiry", () => {
    expect(isLive(decodeStamp(WHOLE.replace(" s ", " t1700000040000 ")), 0)).toBe(false);
    expect(isLive(decodeStamp(BARE.replace(" s ", " t1700000040000 ")), 0)).toBe(false);
  });
});

test("a registration is its route with metadata and attempt", () => {
  const stamp = decodeStamp(WHOLE);
  const metadata = { n: 1 };
  expect(registrationOf("a", stamp, metadata)).toEqual({ ...routeOf("a", stamp), metadata, attempt: "attempt-1" });
});
