import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { redisNats } from "../src/redis-nats.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("redis", {}, async (redis) => {
  await withServer("nats", {}, (nats) => {
    const urls = { redis: redis.url, nats: nats.url };
    patternConformance(redisNats(urls), { parallel: true, deadlineMs: DEADLINE_MS });
    patternConformance(redisNats(urls), histories("at-most-once/history", "acknowledged/history"));
  });
});
