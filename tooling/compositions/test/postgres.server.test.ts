import { patternConformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { postgres } from "../src/postgres.ts";
import { DEADLINE_MS, histories } from "./histories.ts";

await withServer("postgres", { arguments: ["-c", "max_connections=500"] }, async (server) => {
  const url = `${server.url}/postgres`;
  patternConformance(await postgres(url), { parallel: true, deadlineMs: DEADLINE_MS });
  const ways = ["acknowledged", "durable", "exactly-once"];
  patternConformance(
    await postgres(url),
    histories(...ways.flatMap((way) => [`${way}/history`, `${way}/outbox-history`])),
  );
});
