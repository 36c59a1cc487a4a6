import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { postgresKafka } from "../src/postgres-kafka.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

/** A broker makes topics for each of them. */
const SEEDS = 2;

await withServer("postgres", {}, async (postgres) => {
  await withServer("kafka", {}, (kafka) => {
    const urls = { postgres: postgres.url, kafka: kafka.url };
    patternConformance(postgresKafka(urls), { parallel: true, deadlineMs: DEADLINE_MS });
    const all = histories("acknowledged/history", "durable/history");
    patternConformance(postgresKafka(urls), { ...all, seeds: all.seeds.slice(0, SEEDS) });
  });
});
