import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { postgres } from "../src/postgres.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("postgres", { arguments: ["-c", "max_connections=500"] }, async (server) => {
  const url = `${server.url}/postgres`;
  patternConformance(await postgres(url), { parallel: true, deadlineMs: DEADLINE_MS });
  const sent = ["acknowledged/history", "durable/history", "exactly-once/history"];
  patternConformance(await postgres(url), histories(...sent, "exactly-once/outbox-history"));
});
