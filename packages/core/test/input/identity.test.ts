import { describe, expect, test } from "vitest";
import { checkAddress, checkIdentity, checkNamespace } from "../../src/input/identity.ts";
import { thrown } from "../support/codes.ts";

const SOURCE = "core.register";

describe("checkIdentity", () => {
  test.each(["a", "sensor-7", "a.b", "é".repeat(128), "x".repeat(256), "😀", "a$b", " ", "__proto__", "../etc"])(
    "takes %j",
    (identity) => {
      expect(checkIdentity(identity, SOURCE)).toBe(identity);
    },
  );

  test.each([
    ["", "at least one character"],
    ["x".repeat(257), "at most 256 bytes of UTF-8, not 257"],
    ["é".repeat(129), "not 258"],
    ["a\u0000b", "no control characters: there is one at position 1"],
    ["tab\t", "position 3"],
    ["\u007f", "position 0"],
    ["a\u0085", "position 1"],
    ["\ud800", "lone surrogates"],
    ["\udc00\ud800", "lone surrogates"],
    ["$session/1", "reserved"],
    [undefined, "is a string, not undefined"],
    [null, "is a string, not null"],
    [7, "is a string, not number"],
    [{ toString: () => "a" }, "is a string, not object"],
  ])("refuses %j and says why", (identity, why) => {
    expect(thrown("INVALID_IDENTITY", () => checkIdentity(identity, SOURCE)).message).toContain(why);
  });

  test("names source and subject in the message", () => {
    const { message } = thrown("INVALID_IDENTITY", () => checkIdentity("$x", SOURCE));
    expect(message).toBe(
      '[INVALID_IDENTITY] core.register "$x": an identity does not begin with "$", which is reserved',
    );
  });

  test("keeps to the registry's own limit where it is lower", () => {
    expect(checkIdentity("12345678", SOURCE, 8)).toBe("12345678");
    expect(thrown("INVALID_IDENTITY", () => checkIdentity("123456789", SOURCE, 8)).message).toContain(
      "at most 8 bytes",
    );
    expect(thrown("INVALID_IDENTITY", () => checkIdentity("x".repeat(257), SOURCE, 1_000)).message).toContain(
      "at most 256 bytes",
    );
  });
});

describe("checkAddress", () => {
  test("takes what an identity may be, and a leading dollar", () => {
    expect(checkAddress("$node/1", SOURCE)).toBe("$node/1");
  });

  test.each(["", "x".repeat(257), "a\n", "\udfff", 1])("refuses %j", (address) => {
    expect(thrown("INVALID_ARGUMENT", () => checkAddress(address, SOURCE)).message).toContain("an address ");
  });
});

describe("checkNamespace", () => {
  test.each(["iot", "a.b_c-D9", "x".repeat(64)])("takes %j", (namespace) => {
    expect(checkNamespace(namespace, "core.openRegistry")).toBe(namespace);
  });

  test.each(["", "x".repeat(65), "a/b", "ü", "a b", "a\n", undefined, 1])(
    "refuses %j with the violation",
    (namespace) => {
      const { detail } = thrown("CONFIG_INVALID", () => checkNamespace(namespace, "core.openRegistry"));
      expect(detail.violations).toMatchObject([{ path: "namespace" }]);
    },
  );
});
