import { expect, test } from "vitest";
import { rankOf } from "../src/longest-first.ts";

test("kits and compositions come first, then the kit's own tests, then those with a server, then the rest", () => {
  const files = [
    "/muster/packages/core/test/life/session.test.ts",
    "/muster/packages/backend-nats/test/queues/cluster.server.test.ts",
    "/muster/packages/conformance/test/conformance.test.ts",
    "/muster/packages/backend-nats/test/conformance.test.ts",
    "/muster/packages/backend-redis/test/conformance/cluster.test.ts",
    "/muster/examples/backend-files/test/conformance.test.ts",
    "/muster/tooling/compositions/test/redis.server.test.ts",
    "/muster/packages/conformance/test/self-test.test.ts",
  ];
  expect(files.map(rankOf)).toEqual([3, 2, 0, 0, 0, 0, 0, 1]);
});
