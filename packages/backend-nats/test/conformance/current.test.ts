import { conformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { subjectOn } from "../subject.ts";

const seeds = [Number(process.env["MUSTER_SEED"] ?? 1)];

// What has changed since 2.9 is JetStream, by which the server also tells its time.
await withServer("nats-current", { arguments: ["-js"] }, async (server) => {
  const { messaging: _, ...onJetStream } = await subjectOn(server);
  conformance({ ...onJetStream, name: "nats current" }, { seeds });
});
