import type { ErrorCode } from "@muster/core/slots";
import { assert, describe, test } from "vitest";
import { type ApiError, isRefusal, refusalError } from "../../src/jetstream/errors.ts";

/** What servers say. */
const REFUSED: readonly (readonly [error: ApiError | undefined, code: ErrorCode])[] = [
  [undefined, "UNAVAILABLE"],
  [{ code: 503, err_code: 10_076, description: "JetStream not enabled" }, "UNSUPPORTED"],
  [{ code: 503, err_code: 10_039, description: "JetStream not enabled for account" }, "UNSUPPORTED"],
  [{ code: 400, err_code: 10_065, description: "subjects overlap with an existing stream" }, "CONFIG_INVALID"],
  [{ code: 500, err_code: 10_074, description: "replicas > 1 not supported in non-clustered mode" }, "CONFIG_INVALID"],
  [{ code: 404, err_code: 10_059, description: "stream not found" }, "UNAVAILABLE"],
  [{ code: 404, err_code: 10_014, description: "consumer not found" }, "UNAVAILABLE"],
  [{ code: 503, err_code: 10_008, description: "JetStream system temporarily unavailable" }, "UNAVAILABLE"],
  [{ code: 503, err_code: 10_077, description: "maximum bytes exceeded" }, "UNAVAILABLE"],
  [{ code: 500, err_code: 10_047, description: "insufficient storage resources available" }, "UNAVAILABLE"],
  [{ code: 400, err_code: 10_026, description: "maximum consumers limit reached" }, "UNAVAILABLE"],
  [{ code: 408, description: "Request Timeout" }, "UNAVAILABLE"],
  [{ code: 400, err_code: 10_025, description: "invalid JSON" }, "INTERNAL"],
];

describe("what JetStream refuses becomes a coded error", () => {
  test.for(REFUSED.map(([error, code]) => ({ error, code, name: error?.description ?? "nothing" })))(
    "$name is $code",
    ({ error, code }) => {
      const coded = refusalError(error, { operation: "open" });
      assert.equal(coded.code, code);
      assert.equal(coded.source, "nats.open");
      assert.isFalse(coded.mayHaveApplied);
    },
  );

  test("what had been stored before may stand", () => {
    const error = { code: 500, err_code: 10_047, description: "insufficient storage resources available" };
    assert.isTrue(refusalError(error, { operation: "setMany", mayHaveApplied: true }).mayHaveApplied);
  });
});

test("a refused write is a conflict by either code", () => {
  for (const err_code of [10_071, 10_164]) assert.isTrue(isRefusal({ code: 400, err_code }, "conflict"));
  assert.isFalse(isRefusal({ code: 400 }, "conflict"));
  assert.isFalse(isRefusal(undefined, "conflict"));
});
