import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { redis } from "../src/redis.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("redis", {}, ({ url }) => {
  patternConformance(redis(url), { parallel: true, deadlineMs: DEADLINE_MS });
  patternConformance(redis(url), histories("durable/history", "exactly-once/history"));
});
