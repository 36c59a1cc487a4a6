import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { redisJetStream } from "../src/redis-jetstream.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("redis", {}, async (redis) => {
  await withServer("nats", { arguments: ["-js"] }, (nats) => {
    const urls = { redis: redis.url, nats: nats.url };
    patternConformance(redisJetStream(urls), { parallel: true, deadlineMs: DEADLINE_MS });
    patternConformance(redisJetStream(urls), histories("durable/history"));
  });
});
