import { conformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { standalone } from "./subject.ts";

const filters = Number(process.env["MUSTER_FILTERS"] ?? 1_000);
const seeds = [Number(process.env["MUSTER_SEED"] ?? 1)];

// `vitest -u` writes CONFORMANCE.md anew.
await withServer("redis", {}, async (server) => {
  const markdown = new URL("../CONFORMANCE.md", import.meta.url);
  conformance(await standalone(server), { markdown, filters, seeds, deadlineMs: 30_000 + 30 * filters });
});
