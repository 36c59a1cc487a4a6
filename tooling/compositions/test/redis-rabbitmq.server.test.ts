import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { redisRabbitmq } from "../src/redis-rabbitmq.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("redis", {}, async (redis) => {
  await withServer("rabbitmq", {}, (rabbitmq) => {
    const urls = { redis: redis.url, rabbitmq: rabbitmq.url };
    patternConformance(redisRabbitmq(urls), { parallel: true, deadlineMs: DEADLINE_MS });
    patternConformance(redisRabbitmq(urls), histories("acknowledged/history", "durable/history"));
  });
});
