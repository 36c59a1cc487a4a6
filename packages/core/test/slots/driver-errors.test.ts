import { assert, describe, test } from "vitest";
import { driverError, isSocketError, refused, socketMeaning, unanswered, wordsOf } from "../../src/slots/index.ts";

function nodeError(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

describe("what something means becomes an error", () => {
  const thrown = { source: "redis.setMany", subject: "sensor-7", text: "OOM", cause: new Error("OOM") };

  test("that names operation, subject and the words behind it", () => {
    const error = driverError(refused("UNAVAILABLE", "the memory is full"), thrown);
    assert.equal(error.message, '[UNAVAILABLE] redis.setMany "sensor-7": the memory is full (OOM)');
    assert.strictEqual(error.cause, thrown.cause);
  });

  test("that says whether the call may have taken effect", () => {
    assert.isFalse(driverError(refused("INTERNAL", "no"), thrown).mayHaveApplied);
    assert.isTrue(driverError(unanswered("nothing came"), thrown).mayHaveApplied);
  });

  test("with the detail that its code asks for", () => {
    const invalid = refused("CONFIG_INVALID", "no such database");
    const detail = (path: string): object => ({ violations: [{ path, message: "OOM" }] });
    assert.deepEqual(driverError(invalid, thrown).detail, detail(""));
    assert.deepEqual(driverError({ ...invalid, path: "db" }, thrown).detail, detail("db"));
    const old = refused("UNSUPPORTED", "too old");
    assert.deepEqual(driverError(old, thrown).detail, { feature: "OOM" });
    assert.deepEqual(driverError({ ...old, feature: "Redis 6" }, thrown).detail, { feature: "Redis 6" });
  });
});

describe("an error of a socket", () => {
  test("has applied nothing while the connection is opened, and may have later", () => {
    assert.isFalse(socketMeaning(nodeError("ECONNREFUSED", "connect"))?.mayHaveApplied);
    assert.isFalse(socketMeaning(nodeError("ENOTFOUND", "getaddrinfo"))?.mayHaveApplied);
    assert.isTrue(socketMeaning(nodeError("ECONNRESET", "read"))?.mayHaveApplied);
    assert.isTrue(socketMeaning(nodeError("EPIPE"))?.mayHaveApplied);
  });

  test("of a name with several addresses is that of each", () => {
    const each = [nodeError("ECONNREFUSED", "connect"), nodeError("ECONNREFUSED", "connect")];
    const error = Object.assign(new AggregateError(each), { code: "ECONNREFUSED" });
    assert.deepEqual(socketMeaning(error), refused("UNAVAILABLE", "the server can't be reached"));
  });

  test("is known by its code", () => {
    assert.isTrue(isSocketError(nodeError("EAI_AGAIN")));
    for (const other of [new Error("ECONNRESET"), nodeError("28P01"), { code: "EPIPE" }, undefined]) {
      assert.isFalse(isSocketError(other));
      assert.isUndefined(socketMeaning(other));
    }
  });
});

test("the words of an error are its message, its name where it has none, and those of each where there are several", () => {
  assert.equal(wordsOf(new Error("gone")), "gone");
  assert.equal(wordsOf(new TypeError()), "TypeError");
  assert.equal(wordsOf(new AggregateError([new Error("gone"), "lost"])), "gone; lost");
  assert.equal(wordsOf(undefined), "undefined");
});
