import { conformance } from "@muster/conformance/vitest";
import { withServer } from "@muster/servers/vitest";
import { subjectOn } from "./subject.ts";

// `vitest -u` writes CONFORMANCE.md anew.
await withServer("nats", {}, async (server) => {
  conformance(await subjectOn(server), { markdown: new URL("../CONFORMANCE.md", import.meta.url) });
});
