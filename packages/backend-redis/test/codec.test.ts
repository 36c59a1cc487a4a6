import { outcomeOf } from "@muster/testing";
import { describe, expect, test } from "vitest";
import {
  decodeMetadata,
  decodeStamp,
  encodeRecord,
  isLive,
  isRecordOf,
  recordBytes,
  registrationOf,
  routeOf,
  splitStamps,
  StampReader,
} from "../src/codec.ts";
import { Servers } from "../src/store/servers.ts";

const FIELDS = {
  version: "1",
  state: "s",
  expiry: "1700000030000",
  epoch: "1700000000000001",
  revision: "3",
  registeredAt: "1700000000000",
  ttlMs: "30000",
  session: "session-1",
  address: "node-1",
  attempt: "attempt-1",
  bytes: "200",
};

function stampOf(changes: Partial<typeof FIELDS> = {}): string {
  return Object.values({ ...FIELDS, ...changes }).join("\0");
}

const WHOLE = stampOf();
const BARE = stampOf({ expiry: "never", ttlMs: "", session: "", address: "" });

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
      bytes: 200,
    });
  });

  test("gives undefined for what is absent", () => {
    const { expiresAt, ttlMs, session, address } = decodeStamp(BARE);
    expect([expiresAt, ttlMs, session, address]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("knows no expiry of what its session keeps alive", () => {
    const { expiresAt, ttlMs } = decodeStamp(stampOf({ expiry: "bound", ttlMs: "500" }));
    expect([expiresAt, ttlMs]).toEqual([undefined, 500]);
  });

  test("keeps spaces, braces and text of every script in names", () => {
    const { session, address, attempt } = decodeStamp(
      stampOf({ session: "a b {c}", address: "\u{1f600} *", attempt: ":\u00e9 1 s" }),
    );
    expect([session, address, attempt]).toEqual(["a b {c}", "\u{1f600} *", ":\u00e9 1 s"]);
  });

  test("keeps every digit of the largest epoch", () => {
    expect(decodeStamp(stampOf({ epoch: "9007199254740991" })).epoch).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("gives the same whatever was read before", () => {
    const others = [
      { session: "session-12", address: "node-" },
      { session: "", address: "" },
      { session: "s", address: "node-1" },
    ];
    for (const before of [...others.map(stampOf), WHOLE]) {
      const reader = new StampReader(new Servers());
      for (const text of [before, WHOLE, BARE, before, BARE, WHOLE]) {
        expect(reader.read(Buffer.from(text))).toEqual(decodeStamp(text));
      }
    }
  });

  test("refuses what a newer release has written", async () => {
    const stamp = Buffer.from(stampOf({ version: "2" }));
    const readers = [
      () => new StampReader().read(stamp),
      () => new StampReader().readRoute("a", stamp),
      () => recordBytes(stamp),
    ];
    for (const read of readers) expect(await outcomeOf((async () => read())())).toBe("UNSUPPORTED");
  });
});

test("the route in a stamp is what the whole of it says of a route", () => {
  const reader = new StampReader(new Servers());
  for (const text of [WHOLE, BARE, stampOf({ expiry: "bound", session: "other" }), WHOLE]) {
    expect(reader.readRoute("a", Buffer.from(text))).toEqual(routeOf("a", decodeStamp(text)));
  }
});

test("a tombstone has no route", () => {
  expect(new StampReader().readRoute("a", Buffer.from(stampOf({ state: "t1700000040000" })))).toBeUndefined();
});

test("the length of a record is read without the rest of its stamp", () => {
  const lengths = ["1", "200", "1048576"];
  expect(lengths.map((bytes) => recordBytes(Buffer.from(stampOf({ bytes }))))).toEqual(lengths.map(Number));
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
    const state = "t1700000040000";
    expect(isLive(decodeStamp(stampOf({ state })), 0)).toBe(false);
    expect(isLive(decodeStamp(stampOf({ state, expiry: "never" })), 0)).toBe(false);
  });
});

describe("a record", () => {
  const record = encodeRecord("attempt-1", { list: [], text: "\u0000 and \u2028" });

  test("gives the metadata back", () => {
    expect(decodeMetadata(record)).toEqual({ list: [], text: "\u0000 and \u2028" });
  });

  test("belongs to the stamp of its attempt, and to none whose attempt begins or ends alike", () => {
    const stamps = ["attempt-1", "attempt-12", "attempt-", "", "x"].map((attempt) => decodeStamp(stampOf({ attempt })));
    expect(stamps.map((stamp) => isRecordOf(stamp, record))).toEqual([true, false, false, false, false]);
  });
});

test("a registration is its route with metadata and attempt", () => {
  const stamp = decodeStamp(WHOLE);
  const metadata = { n: 1 };
  expect(registrationOf("a", stamp, metadata)).toEqual({ ...routeOf("a", stamp), metadata, attempt: "attempt-1" });
});

describe("splitStamps", () => {
  const stamp = (session: string, attempt: string): string =>
    ["1", "s", "never", "1", "1", "0", "", session, "", attempt, "9"].join("\0");

  test("tells apart those that stand behind each other, and who has none", () => {
    const all = [stamp("", ""), "", "", stamp("s\n", "ä\u0001"), stamp("1", "2"), ""];
    const found = splitStamps(Buffer.from(all.join("\0")));
    expect(found.map((one) => one?.toString() ?? "")).toEqual(all);
    expect(splitStamps(Buffer.from(stamp("s", "a")))).toHaveLength(1);
    expect(splitStamps(Buffer.from(""))).toEqual([undefined]);
  });

  test("refuses one of a newer release, whatever its shape", () => {
    const all = [stamp("", ""), "2\0of another shape", stamp("", "")];
    expect(() => splitStamps(Buffer.from(all.join("\0")))).toThrow("UNSUPPORTED");
  });
});
