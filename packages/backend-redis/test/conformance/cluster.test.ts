import { conformance } from "@muster/conformance/vitest";
import { withRedisCluster } from "@muster/servers/vitest";
import { clustered } from "../subject.ts";

const seeds = [Number(process.env["MUSTER_SEED"] ?? 1)];

await withRedisCluster({}, async (cluster) => {
  conformance(await clustered(cluster), { seeds });
});
