import { conformance } from "@muster/conformance/vitest";
import { withRedisCluster, withServer } from "@muster/servers/vitest";
import { clustered, standalone } from "./subject.ts";

// `vitest -u` writes CONFORMANCE.md anew.
await withServer("redis", {}, async (server) => {
  conformance(await standalone(server), { markdown: new URL("../CONFORMANCE.md", import.meta.url) });
});

await withRedisCluster({}, async (cluster) => {
  conformance(await clustered(cluster));
});
