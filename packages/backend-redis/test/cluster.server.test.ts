/** A cluster of three masters: finding its nodes, and messages while they change. */

import { withRedisCluster } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { message } from "@muster/testing/messaging";
import { Cluster } from "ioredis";
import { expect, test } from "vitest";
import { redisClient } from "../src/client.ts";
import { moveSlot, slotsOf } from "./slots.ts";
import { count, failuresOf, isEval, numbered, opened, openMessaging, proxyOf, READ, reading } from "./support.ts";

await withRedisCluster({}, ({ nodes }) => {
  const [first] = nodes;
  const cluster = nodes.map(({ host, port }) => ({ host, port }));

  test("some nodes of a cluster are enough to find the others", async () => {
    using client = await opened({ cluster: cluster.slice(0, 1) });
    expect(client.topology).toBe("cluster");
    for (let n = 0; n < 32; n += 1) expect(await count(client, `${freshNamespace()}-${n}`)).toBe(1);
  });

  test("a node of a cluster is no server that stands alone", async () => {
    const client = redisClient({ url: first?.url ?? "" });
    expect(await outcomeOf(client.open(within(5_000)))).toBe("CONFIG_INVALID");
  });

  test("a script whose connection is cut after it was sent has run once in a cluster, too", async () => {
    const proxies = await Promise.all(nodes.map(proxyOf));
    const places = proxies.map(({ host, port }) => ({ host, port }));
    const natMap = Object.fromEntries(
      nodes.map(({ host, port }, n) => [`${host}:${port}`, places[n] ?? { host, port }]),
    );
    using client = await opened({ cluster: places, natMap });
    const key = freshNamespace();
    expect(await count(client, key)).toBe(1);
    for (const proxy of proxies) proxy.cutAfterRequest(isEval).catch(() => undefined);
    expect(await outcomeOf(count(client, key))).toBe("UNAVAILABLE?");
    await Promise.all(proxies.map(async (proxy) => proxy.heal()));
    await expect.poll(() => outcomeOf(client.run(READ, [key], [], within(1_000))), SOON).toBe("fine");
    expect(await client.run(READ, [key], [], within(1_000))).toBe("2");
    await Promise.all(proxies.map(async (proxy) => proxy.close()));
  });

  test("a cluster's client that was handed in is used, and stays open when ours is closed", async () => {
    const given = new Cluster(cluster, { retryDelayOnFailover: 0 });
    const client = redisClient({ client: given });
    await client.open(within(5_000));
    expect(await count(client, freshNamespace())).toBe(1);
    client.close();
    expect(await given.ping()).toBe("PONG");
    given.disconnect();
  });

  test("messages of one batch reach receivers on every master of a cluster", async () => {
    const namespace = freshNamespace();
    await using publisher = await openMessaging({ cluster }, namespace);
    await using receiver = await openMessaging({ cluster }, namespace);
    const inbox = await receiver.openInbox({ prefetch: 20_000 }, within(5_000));
    const heard = reading(inbox);
    const addresses = numbered(5_000);
    expect(await inbox.addMany(addresses.slice(1), within(10_000))).toEqual([]);
    const failures = await failuresOf(
      publisher,
      addresses.map((address) => message(address, address)),
    );
    expect(failures).toEqual(["0 NO_ROUTE"]);
    await expect.poll(() => heard.length, SOON).toBe(4_999);
    expect(new Set(heard).size).toBe(4_999);
  });

  test("an address is live before, while and after its slot moves to another master", { timeout: 30_000 }, async () => {
    const namespace = freshNamespace();
    await using publisher = await openMessaging({ cluster }, namespace);
    await using receiver = await openMessaging({ cluster }, namespace);
    const routes: string[] = [];
    const onRoute = (state: string): void => void routes.push(state);
    const inbox = await receiver.openInbox({ prefetch: 1_000, onRoute }, within(5_000));
    const heard = reading(inbox);
    const addresses = numbered(40);
    await inbox.addMany(addresses, within(5_000));
    const all = addresses.map((address) => message(address, "before"));
    expect(await failuresOf(publisher, all)).toEqual([]);

    const [slot = 0] = await slotsOf(nodes, [`muster:{${namespace}/0}:`]);
    await moveSlot(nodes, slot, async () => {
      expect(
        await failuresOf(
          publisher,
          addresses.map((address) => message(address, "while")),
        ),
      ).toEqual([]);
    });
    await expect.poll(() => routes, SOON).toEqual(["down", "up"]);
    expect(
      await failuresOf(
        publisher,
        addresses.map((address) => message(address, "after")),
      ),
    ).toEqual([]);
    for (const text of ["before", "while", "after"]) {
      const expected = addresses.map((address) => `${address}=${text}`).toSorted();
      await expect.poll(() => heard.filter((one) => one.endsWith(`=${text}`)).toSorted(), SOON).toEqual(expected);
    }
  });

  test("a cluster's client that was handed in lends its settings to inboxes", async () => {
    const given = new Cluster(cluster, { retryDelayOnFailover: 0 });
    const messaging = await openMessaging({ client: given }, freshNamespace());
    expect(messaging.traits.order).toBe("per-address");
    const inbox = await messaging.openInbox({ prefetch: 10 }, within(5_000));
    const heard = reading(inbox);
    await inbox.addMany(["a", "b"], within(5_000));
    expect(await failuresOf(messaging, [message("a", "1"), message("b", "2")])).toEqual([]);
    await expect.poll(() => heard.toSorted(), SOON).toEqual(["a=1", "b=2"]);
    await messaging.close();
    given.disconnect();
  });
});
