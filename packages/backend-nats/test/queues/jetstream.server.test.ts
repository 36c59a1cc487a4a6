import { jetstreamManager } from "@nats-io/jetstream";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import { faultProxy } from "@muster/conformance/faults";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { natsDurability } from "../../src/index.ts";
import { acked, attached, begun, enqueued, openedQueues, taken } from "./support.ts";

const PATIENCE_MS = 30_000;
const CROWD = 60;
/** One way. */
const FAR_MS = 300;

await withServer("nats", {}, ({ url }) => {
  test("a server without JetStream is UNSUPPORTED", async () => {
    using call = callOf();
    await rejection(natsDurability({ servers: url }).open({ namespace: "iot" }, call), "UNSUPPORTED");
  });
});

await withServer("nats", { arguments: ["-js"] }, ({ host, port, url }) => {
  test("who has taken a key has begun, also where somebody who found it taken was sooner to record it", {
    timeout: PATIENCE_MS,
  }, async () => {
    await using proxy = await faultProxy({ host, port });
    await using far = await openedQueues({ servers: `nats://${proxy.host}:${proxy.port}` }, "begun");
    await using near = await openedQueues({ servers: url }, "begun");
    proxy.delay(FAR_MS);
    const first = begun(far, "first", "key");
    await wait(2 * FAR_MS); // It has taken the key, and its record is not there yet.
    assert.deepEqual(await begun(near, "second", "key"), { begun: false, id: "first" });
    assert.deepEqual(await first, { begun: true, id: "first" });
    await proxy.heal();
    assert.deepEqual(await begun(far, "third", "key"), { begun: false, id: "first" });
  });

  test("many open at once, each of whom asks for the time", { timeout: PATIENCE_MS }, async () => {
    const opening = Array.from({ length: CROWD }, async () => openedQueues({ servers: url }, "crowd"));
    const opened = await Promise.allSettled(opening);
    for (const one of opened) if (one.status === "fulfilled") await one.value.close();
    assert.deepEqual(
      opened.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])),
      [],
    );
  });

  describe("what is deleted behind our back", () => {
    test("a session whose consumer is deleted while it waits is handed what comes", {
      timeout: PATIENCE_MS,
    }, async () => {
      await using queues = await openedQueues({ servers: url }, "consumer-deleted");
      await attached(queues, "s", ["a"]);
      const connection = await connect({ servers: url });
      const manager = await jetstreamManager(connection);
      const waiting = taken(queues, "s", { waitMs: 5_000 });
      await eventually(async () => {
        await manager.consumers.delete("muster+consumer-deleted+queue", "s-s");
      });
      await enqueued(queues, "m", ["a"]);
      assert.deepEqual([...(await waiting).keys()], ["m for a"]);
      await connection.close();
    });

    test("what was leased when a consumer is deleted stays leased, and is settled", {
      timeout: PATIENCE_MS,
    }, async () => {
      await using queues = await openedQueues({ servers: url }, "leased");
      await attached(queues, "s", ["a", "b"]);
      await enqueued(queues, "m", ["a", "b"]);
      const held = await taken(queues, "s");
      assert.equal(held.size, 2);
      const connection = await connect({ servers: url });
      await (await jetstreamManager(connection)).consumers.delete("muster+leased+queue", "s-s");
      await connection.close();
      await using other = await openedQueues({ servers: url }, "leased");
      assert.equal((await taken(other, "s")).size, 0);
      await acked(other, held);
      assert.equal((await taken(other, "s", { waitMs: 500 })).size, 0);
    });

    for (const part of ["queue", "states", "attachments", "records"] as const) {
      test(`a stream that is deleted is made anew: ${part}`, { timeout: PATIENCE_MS }, async () => {
        const namespace = `deleted-${part}`;
        await using queues = await openedQueues({ servers: url }, namespace);
        await using peer = await openedQueues({ servers: url }, namespace);
        await attached(queues, "s", ["a"]);
        await enqueued(peer, "before", ["a"]);
        const connection = await connect({ servers: url });
        await (await jetstreamManager(connection)).streams.delete(`muster+${namespace}+${part}`);
        await connection.close();
        const come = new Set<string>();
        let isEnqueued = false;
        await eventually(async () => {
          if (!isEnqueued) await enqueued(peer, "after", ["a"]);
          isEnqueued = true;
          const leased = await taken(queues, "s");
          await acked(queues, leased);
          for (const one of leased.keys()) come.add(one);
          assert.isTrue(come.has("after for a"));
          // What the stream held itself is lost with it; nothing else is.
          assert.equal(come.has("before for a"), part === "attachments" || part === "records");
        }, PATIENCE_MS);
      });
    }

    test("a request to a stream that is gone is UNAVAILABLE", async () => {
      await using queues = await openedQueues({ servers: url }, "gone");
      const connection = await connect({ servers: url });
      await (await jetstreamManager(connection)).streams.delete("muster+gone+records");
      await connection.close();
      using call = callOf();
      await rejection(queues.tracking?.find("m", call) ?? Promise.resolve(), "UNAVAILABLE");
      assert.isUndefined(await queues.tracking?.find("m", call));
    });
  });

  test("who is attached nowhere and has nothing waiting is forgotten after a while, and nobody else is", {
    timeout: PATIENCE_MS,
  }, async () => {
    const scope = { durability: { trackingRetentionMs: 200, deadLetterRetentionMs: 200 } };
    await using queues = await openedQueues({ servers: url }, "forgotten", scope);
    using call = callOf();
    await attached(queues, "s", ["dropped", "detached", "waited for", "attached"]);
    const why = { code: "UNREGISTERED", reason: "gone" } as const;
    await queues.dropMany([{ identity: "dropped", epoch: 1 }], why, call);
    await queues.detachMany("s", ["detached", "waited for"], call);
    await enqueued(queues, "m", ["waited for"]);
    await attached(queues, "s", ["attached last"]);
    const connection = await connect({ servers: url });
    const manager = await jetstreamManager(connection);
    const known = async (): Promise<readonly string[]> => {
      const { state } = await manager.streams.info("muster+forgotten+attachments", { subjects_filter: ">" });
      return Object.keys(state.subjects ?? {}).map((subject) => subject.split(".").at(-1) ?? "");
    };
    assert.lengthOf(await known(), 5);
    await wait(300);
    await using sweeper = await openedQueues({ servers: url }, "forgotten", scope);
    await sweeper.sweep({ limit: 100 }, call);
    assert.deepEqual((await known()).toSorted(), ["attached", "attached_20last", "waited_20for"]);
    await connection.close();
    // It is told what stands by whoever knows less than that, and by whoever knows what stands no more.
    for (const [index, client] of [queues, sweeper].entries()) {
      const again = `again-${index}`;
      await client.attachMany(again, [{ identity: "dropped", epoch: 5 + index }], call);
      await enqueued(client, `n${index}`, ["attached", "attached last"]);
      assert.equal((await taken(queues, "s")).size, 2);
    }
    await attached(queues, "other", ["waited for", "detached"]);
    assert.deepEqual([...(await taken(queues, "other", { waitMs: 1_000 })).keys()], ["m for waited for"]);
  });

  test("no more of one is handed out than is asked for, the rest comes next, and whoever waits behind is reached", {
    timeout: PATIENCE_MS,
  }, async () => {
    await using queues = await openedQueues({ servers: url }, "each");
    await attached(queues, "s", ["long", "other"]);
    for (let index = 0; index < 10; index += 1) await enqueued(queues, `m${index}`, ["long"]);
    await enqueued(queues, "last", ["other"]);
    const come = new Set<string>();
    let rounds = 0;
    while (come.size < 11) {
      const leased = await taken(queues, "s", { max: 4, maxPerIdentity: 1, waitMs: 5_000 });
      const ofOne = [...leased.keys()].filter((one) => one.endsWith(" for long"));
      assert.isAtMost(ofOne.length, 1);
      await acked(queues, leased);
      for (const one of leased.keys()) come.add(one);
      rounds += 1;
      if (rounds > 100) assert.fail(`only ${[...come].join()} has come`);
    }
    assert.equal((await taken(queues, "s")).size, 0);
  });

  test("many that are attached at once find what waits for them: parked, with a session that is no more, and leased", {
    timeout: PATIENCE_MS,
  }, async () => {
    await using queues = await openedQueues({ servers: url }, "moved");
    const identities = Array.from({ length: 60 }, (_, index) => `device.${index} é`);
    await enqueued(queues, "parked", identities);
    await enqueued(queues, "others", ["device", "é"]);
    await attached(queues, "before", identities.slice(20));
    await enqueued(queues, "queued", identities.slice(20));
    assert.equal((await taken(queues, "before")).size, 80);
    await attached(queues, "after", identities);
    const come = [...(await taken(queues, "after", { waitMs: 1_000 })).keys()].toSorted();
    const wanted = (id: string, from: number): readonly string[] =>
      identities.slice(from).map((identity) => `${id} for ${identity}`);
    assert.deepEqual(come, [...wanted("parked", 0), ...wanted("queued", 20)].toSorted());
    using call = callOf();
    await queues.detachMany("after", identities, call);
    await attached(queues, "last", identities);
    assert.deepEqual([...(await taken(queues, "last", { waitMs: 1_000 })).keys()].toSorted(), come);
    const why = { code: "UNREGISTERED", reason: "gone" } as const;
    await queues.dropMany(
      identities.map((identity) => ({ identity, epoch: 1 })),
      why,
      call,
    );
    await attached(queues, "last", ["device", "é"]);
    assert.equal((await taken(queues, "last", { waitMs: 1_000 })).size, 2);
  });

  test("10,000 identities in 4 clients are four streams, a consumer for each session, and four connections", {
    timeout: 2 * PATIENCE_MS,
  }, async () => {
    const namespace = "many";
    const identities = Array.from({ length: 10_000 }, (_, index) => `device-${index}`);
    const clients = await Promise.all(Array.from({ length: 4 }, async () => openedQueues({ servers: url }, namespace)));
    const shares = clients.map((client, share) => ({
      client,
      session: `process-${share}`,
      own: identities.filter((_, index) => index % clients.length === share),
    }));
    for (const { client, session, own } of shares)
      for (let start = 0; start < own.length; start += 1_000)
        await attached(client, session, own.slice(start, start + 1_000));
    for (let start = 0; start < identities.length; start += 1_000)
      await enqueued(clients[0] ?? assert.fail("a client"), "m", identities.slice(start, start + 1_000));
    for (const { client, session, own } of shares) {
      let come = 0;
      while (come < own.length) {
        const leased = await taken(client, session);
        assert.isAbove(leased.size, 0);
        await acked(client, leased);
        come += leased.size;
      }
      assert.equal(come, own.length);
    }
    const connection = await connect({ servers: url });
    const manager = await jetstreamManager(connection);
    const streams = (await manager.streams.list().next()).filter(({ config }) =>
      config.name.startsWith("muster+many+"),
    );
    const consumers = await manager.consumers.list("muster+many+queue").next();
    assert.lengthOf(streams, 4);
    assert.deepEqual(
      consumers.map(({ name }) => name).toSorted(),
      shares.map(({ session }) => `s-${session}`),
    );
    await connection.close();
    await Promise.all(clients.map(async (client) => client.close()));
  });
});
