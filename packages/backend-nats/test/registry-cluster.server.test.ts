import { connect } from "@nats-io/transport-node";
import type { RegistryBackend } from "@muster/core/slots";
import { obtainNatsCluster, type ServerCluster } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { natsRegistry } from "../src/index.ts";
import { streamNames } from "../src/store/stream.ts";

const PATIENCE_MS = 30_000;
const STREAM = streamNames("muster", "fleet").name;

async function opened(urls: readonly string[]): Promise<RegistryBackend> {
  return eventually(async () => {
    const registry = natsRegistry({ servers: urls, jetstream: { replicas: 3 } });
    using call = callOf();
    await registry.open({ namespace: "fleet" }, call);
    return registry;
  }, PATIENCE_MS);
}

/** Where the leader of the stream is, among the nodes. */
async function leaderOf({ urls }: ServerCluster): Promise<number> {
  const names = await Promise.all(
    urls.map(async (servers) => {
      const connection = await connect({ servers });
      const name = connection.info?.server_name;
      const info = await connection.request(`$JS.API.STREAM.INFO.${STREAM}`);
      await connection.close();
      return { name, leader: info.json<{ cluster?: { leader?: string } }>().cluster?.leader };
    }),
  );
  return names.findIndex(({ name, leader }) => name === leader);
}

/** Until it is known to have been stored. */
async function register(registry: RegistryBackend, identity: string, attempt: string): Promise<number> {
  return eventually(async () => {
    using call = callOf(3_000);
    const terms = { ttlMs: undefined, session: undefined, address: undefined, sessionBound: false } as const;
    const [outcome] = await registry.setMany(
      [{ identity, metadata: { attempt }, attempt, mode: "create", ...terms }],
      call,
    );
    if (outcome === undefined || "refused" in outcome) return assert.fail(`refused: ${outcome?.refused}`);
    return outcome.stored.epoch;
  }, PATIENCE_MS);
}

async function scanned(registry: RegistryBackend): Promise<readonly string[]> {
  return eventually(async () => {
    using call = callOf();
    const found: string[] = [];
    for await (const page of registry.scanRoutes({ pageSize: 100 }, call))
      found.push(...page.map((one) => one.identity));
    return found;
  }, PATIENCE_MS);
}

await withServer("nats", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("a registry with three replicas", () => {
    test("loses nothing that it has said is stored when the leader of its stream is killed, and goes on", async () => {
      await using cluster = await obtainNatsCluster({ arguments: ["-js"] });
      await using writer = await opened(cluster.urls);
      await using reader = await opened([...cluster.urls].reverse());
      const epochs = new Map<string, number>();
      const put = async (index: number): Promise<void> => {
        const identity = `a-${String(index).padStart(3, "0")}`;
        epochs.set(identity, await register(writer, identity, `attempt-${index}`));
      };
      for (let index = 0; index < 50; index += 1) await put(index);
      const leader = await eventually(async () => {
        const found = await leaderOf(cluster);
        assert.isAtLeast(found, 0);
        return found;
      }, PATIENCE_MS);
      const killed = cluster.nodes[leader]?.control?.kill();
      for (let index = 50; index < 100; index += 1) await put(index);
      await killed;
      const identities = [...epochs.keys()];
      assert.deepEqual(await scanned(writer), identities);
      assert.deepEqual(await scanned(reader), identities);
      await cluster.nodes[leader]?.control?.start();
      await using late = await opened([cluster.urls[leader] ?? ""]);
      assert.deepEqual(await scanned(late), identities);
      using call = callOf();
      const found = await late.getMany(identities, call);
      assert.deepEqual(
        found.map((one) => one?.epoch),
        [...epochs.values()],
      );
    }, 120_000);
  });
});
