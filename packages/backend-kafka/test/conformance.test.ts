import { conformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { subjectOn } from "./subject.ts";

const seeds = [Number(process.env["MUSTER_SEED"] ?? 1)];

// `vitest -u` writes CONFORMANCE.md anew.
await withServer("kafka", {}, async (server) => {
  const markdown = new URL("../CONFORMANCE.md", import.meta.url);
  conformance(await subjectOn(server), { markdown, seeds, deadlineMs: 120_000 });
});
