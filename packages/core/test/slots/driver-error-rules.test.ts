import { assert, describe, expect, test } from "vitest";
import { driverErrors, type ErrorCode, isMusterError, MusterError } from "../../src/slots/index.ts";

const { codedError, unavailable, invalid } = driverErrors("pigeons", [
  { name: "LoginError", code: "UNAUTHENTICATED", message: "the loft knows no such pigeon" },
  { name: 406, says: /inequivalent/i, code: "CONFIG_INVALID", message: "something else has this name", path: "prefix" },
  { name: 406, code: "UNAVAILABLE", message: "the loft is closed" },
  { name: /^PERM_/, code: "PERMISSION_DENIED", message: "the loft does not permit this" },
  { says: /heartbeat/i, code: "UNAVAILABLE", message: "the loft has fallen silent" },
]);

class LoginError extends Error {
  override readonly name = "LoginError";
}

function coded(message: string, code: number | string): Error {
  return Object.assign(new Error(message), { code });
}

function nodeError(code: string): Error {
  return coded(`${code} of a socket`, code);
}

const CODES: readonly (readonly [cause: unknown, code: ErrorCode])[] = [
  [new LoginError("no"), "UNAUTHENTICATED"],
  [coded("inequivalent arg 'type'", 406), "CONFIG_INVALID"],
  [coded("unknown delivery tag", 406), "UNAVAILABLE"],
  [coded("no", "PERM_READ"), "PERMISSION_DENIED"],
  [new Error("Heartbeat timeout"), "UNAVAILABLE"],
  [nodeError("ECONNREFUSED"), "UNAVAILABLE"],
  [nodeError("ECONNRESET"), "UNAVAILABLE"],
  [nodeError("EPIPE"), "UNAVAILABLE"],
  [nodeError("ENOTFOUND"), "UNAVAILABLE"],
  [nodeError("ETIMEDOUT"), "UNAVAILABLE"],
  [nodeError("ERR_TLS_CERT_ALTNAME_INVALID"), "CONFIG_INVALID"],
  [nodeError("ERR_SSL_WRONG_VERSION_NUMBER"), "CONFIG_INVALID"],
  [nodeError("DEPTH_ZERO_SELF_SIGNED_CERT"), "CONFIG_INVALID"],
  [nodeError("SELF_SIGNED_CERT_IN_CHAIN"), "CONFIG_INVALID"],
  [nodeError("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "CONFIG_INVALID"],
  [nodeError("CERT_HAS_EXPIRED"), "CONFIG_INVALID"],
  [nodeError("EPROTO"), "CONFIG_INVALID"],
  [coded("no rule for it", 320), "INTERNAL"],
  [new TypeError("undefined is not a function"), "INTERNAL"],
  ["thrown text", "INTERNAL"],
  [undefined, "INTERNAL"],
];

describe("what is thrown becomes a coded error", () => {
  test.for(CODES.map(([cause, code]) => ({ cause, code, name: String(cause) })))(
    "$name is $code",
    ({ cause, code }) => {
      const error = codedError(cause, { operation: "publishMany", subject: "sensor-7", mayHaveApplied: true });
      assert.equal(error.code, code);
      assert.equal(error.source, "pigeons.publishMany");
      assert.equal(error.subject, "sensor-7");
      assert.isTrue(error.mayHaveApplied);
      assert.strictEqual(error.cause, cause);
    },
  );

  test("the driver's classes are known by name: there may be two copies of them", () => {
    class Copy extends Error {
      override readonly name = "LoginError";
    }
    assert.equal(codedError(new Copy("no"), { operation: "open" }).code, "UNAUTHENTICATED");
  });

  test("a coded error stays as it is", () => {
    const error = new MusterError({ code: "RATE_LIMITED", source: "elsewhere", message: "slowly" });
    assert.strictEqual(codedError(error, { operation: "open" }), error);
  });

  test("nothing has been applied unless the circumstances say so", () => {
    assert.isFalse(codedError(new Error("Heartbeat timeout"), { operation: "open" }).mayHaveApplied);
  });

  test("what is wrong with an option is said of it", () => {
    const detailOf = (cause: unknown): unknown => codedError(cause, { operation: "open" }).detail;
    const message = "CERT_HAS_EXPIRED of a socket";
    assert.deepEqual(detailOf(nodeError("CERT_HAS_EXPIRED")), { violations: [{ path: "tls", message }] });
    const words = "inequivalent arg";
    assert.deepEqual(detailOf(coded(words, 406)), { violations: [{ path: "prefix", message: words }] });
  });
});

test("errors of the backend's own name the operation and the address", () => {
  const lost = unavailable("gone", { operation: "addMany", mayHaveApplied: true }, "why");
  expect(lost.message).toBe("[UNAVAILABLE] pigeons.addMany: gone");
  assert.deepEqual([lost.mayHaveApplied, lost.cause], [true, "why"]);
  const wrong = invalid("no", { operation: "addMany", subject: "a" });
  expect(wrong.message).toBe('[INVALID_ARGUMENT] pigeons.addMany "a": no');
  assert.isTrue(isMusterError(wrong, "INVALID_ARGUMENT"));
});
