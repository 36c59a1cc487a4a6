import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { nats } from "../src/nats.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("nats", { arguments: ["-js"] }, (server) => {
  patternConformance(nats(server.url), { parallel: true, deadlineMs: DEADLINE_MS });
  patternConformance(nats(server.url), histories("acknowledged/history", "durable/history"));
});
