import { connect, type NatsConnection } from "@nats-io/transport-node";
import { MusterError, type RegistryBackend, type SetEntry } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { callOf, entry, eventually, rejection } from "@muster/testing";
import { assert, describe, onTestFinished, test } from "vitest";
import { natsRegistry, type NatsRegistryOptions } from "../src/index.ts";
import { streamNames } from "../src/store/stream.ts";

async function registryOn(options: NatsRegistryOptions, namespace: string): Promise<RegistryBackend> {
  const registry = natsRegistry(options);
  onTestFinished(async () => registry.close());
  using call = callOf();
  await registry.open({ namespace }, call);
  return registry;
}

async function store(registry: RegistryBackend, ...entries: readonly SetEntry[]): Promise<readonly number[]> {
  using call = callOf();
  const outcomes = await registry.setMany(entries, call);
  return outcomes.map((outcome) => ("stored" in outcome ? outcome.stored.epoch : assert.fail(outcome.refused)));
}

async function scanned(registry: RegistryBackend): Promise<readonly string[]> {
  using call = callOf();
  const found: string[] = [];
  for await (const page of registry.scanRoutes({ pageSize: 100 }, call)) found.push(...page.map((one) => one.identity));
  return found;
}

/** Somebody who knows the server's own tools. */
async function operator(servers: string): Promise<{
  readonly ask: (subject: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly connection: NatsConnection;
}> {
  const connection = await connect({ servers });
  onTestFinished(async () => connection.close());
  return {
    connection,
    ask: async (subject, body = {}) => (await connection.request(`$JS.API.${subject}`, JSON.stringify(body))).json(),
  };
}

function streamOf(namespace: string): string {
  return streamNames("muster", namespace).name;
}

await withServer("nats", { arguments: ["-js"] }, ({ url }) => {
  describe("a registry on a server with JetStream", () => {
    test("whose stream is deleted behind its back says so, and begins anew with larger epochs", async () => {
      const [one, other] = [
        await registryOn({ servers: url }, "deleted"),
        await registryOn({ servers: url }, "deleted"),
      ];
      const [before = 0] = await store(one, entry("a"), entry("b"));
      assert.deepEqual(await scanned(other), ["a", "b"]);
      const { ask } = await operator(url);
      await ask(`STREAM.DELETE.${streamOf("deleted")}`);
      const { mayHaveApplied } = await rejection(store(one, entry("c")), "UNAVAILABLE");
      assert.isFalse(mayHaveApplied);
      const [after = 0] = await eventually(async () => store(one, entry("a")));
      assert.isAbove(after, before);
      await eventually(async () => assert.deepEqual(await scanned(other), ["a"]));
    });

    test("goes on with another consumer when its own has been deleted", async () => {
      const [writer, reader] = [await registryOn({ servers: url }, "deaf"), await registryOn({ servers: url }, "deaf")];
      const { ask } = await operator(url);
      const { consumers } = await ask(`CONSUMER.NAMES.${streamOf("deaf")}`);
      assert.isArray(consumers);
      assert.lengthOf(consumers as readonly string[], 2);
      for (const name of consumers as readonly string[]) await ask(`CONSUMER.DELETE.${streamOf("deaf")}.${name}`);
      await eventually(async () => store(writer, entry("a", { mode: "replace" })));
      await eventually(async () => assert.deepEqual(await scanned(reader), ["a"]));
    });

    test("registers anew where somebody has removed the message that says what was deleted", async () => {
      const registry = await registryOn({ servers: url }, "swept");
      const [epoch = 0] = await store(registry, entry("a"));
      using call = callOf();
      assert.deepEqual(await registry.deleteMany([{ identity: "a", epoch }], call), ["deleted"]);
      const { ask } = await operator(url);
      const last = await ask(`STREAM.INFO.${streamOf("swept")}`);
      const { last_seq: seq } = last["state"] as { readonly last_seq: number };
      await store(registry, entry("b"));
      assert.isTrue((await ask(`STREAM.MSG.DELETE.${streamOf("swept")}`, { seq, no_erase: true }))["success"]);
      const [again = 0] = await store(registry, entry("a"));
      assert.isAbove(again, epoch);
    });

    test("reads what is there although the last message of all has been removed", async () => {
      const registry = await registryOn({ servers: url }, "tail");
      await store(registry, entry("a"), entry("b"));
      const { ask } = await operator(url);
      const info = await ask(`STREAM.INFO.${streamOf("tail")}`);
      const { last_seq: seq } = info["state"] as { readonly last_seq: number };
      await ask(`STREAM.MSG.DELETE.${streamOf("tail")}`, { seq, no_erase: true });
      assert.lengthOf(await scanned(await registryOn({ servers: url }, "tail")), 1);
    });

    test("on a connection that is handed in leaves nothing behind on it", async () => {
      const { connection, ask } = await operator(url);
      const registry = natsRegistry({ connection });
      {
        using call = callOf();
        await registry.open({ namespace: "lent" }, call);
      }
      await store(registry, entry("a"));
      await registry.close();
      await eventually(async () => {
        const { consumers } = await ask(`CONSUMER.NAMES.${streamOf("lent")}`);
        assert.isEmpty(consumers ?? []);
      });
      assert.isFalse(connection.isClosed());
    });

    test("has its stream where it is told to", async () => {
      const { ask } = await operator(url);
      const registry = await registryOn({ servers: url, jetstream: { storage: "memory" } }, "in-memory");
      await store(registry, entry("a"));
      const { config } = await ask(`STREAM.INFO.${streamOf("in-memory")}`);
      assert.include(config, { storage: "memory", num_replicas: 1 });
    });

    test("has no replicas on a single server", async () => {
      await rejection(registryOn({ servers: url, jetstream: { replicas: 3 } }, "alone"), "CONFIG_INVALID");
    });

    test("does not touch a stream of somebody else's", async () => {
      const { ask } = await operator(url);
      await ask(`STREAM.CREATE.${streamOf("taken")}`, { name: streamOf("taken"), subjects: ["others.>"] });
      await rejection(registryOn({ servers: url }, "taken"), "CONFIG_INVALID");
    });

    test("keeps identities apart that look alike to a server", async () => {
      const registry = await registryOn({ servers: url }, "names");
      const identities = ["*", ">", "a", "a.b", "a b", "A", "ä", "$session", "_61", "a_b", "x".repeat(256)];
      await store(registry, ...identities.map((identity) => entry(identity)));
      assert.sameMembers([...(await scanned(registry))], identities);
    });
  });
});

await withServer("nats", {}, ({ url }) => {
  test("a registry needs JetStream, and says so", async () => {
    const error = await rejection(registryOn({ servers: url }, "none"), "UNSUPPORTED");
    assert.deepEqual(error.detail, { feature: "JetStream" });
  });
});

test("JetStream's options are looked at at once", () => {
  assert.throws(() => natsRegistry({ jetstream: { replicas: 0 } }), MusterError, /jetstream\.replicas/);
});
