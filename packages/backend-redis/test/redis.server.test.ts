/** Connections: what is refused at open, what becomes of commands when a connection breaks, and coming back. */

import { obtainServer } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisClient } from "../src/client.ts";
import { script } from "../src/scripts/script.ts";
import { count, isEval, opened, proxyOf, READ, tell } from "./support.ts";

/** A client of the user's that sends nothing again. */
const GIVEN = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, enableOfflineQueue: false };
/** Milliseconds for each key, in which the server says that it is loading. */
const LOADING_SLOWLY = ["--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024"];

await withServer("redis", { password: "secret" }, (server) => {
  const { host, port } = server;

  test("the right password opens, with and without the name of the default user", async () => {
    using client = await opened({ host, port, password: "secret" });
    expect(client.version).toBe(server.version);
    using byUrl = await opened({ url: `redis://default:secret@${host}:${port}` });
    expect(byUrl.version).toBe(server.version);
  });

  test.each([{}, { password: "wrong" }, { username: "nobody", password: "secret" }])(
    "credentials %o are refused at open, and nothing is left of it",
    async (credentials) => {
      await using proxy = await proxyOf(server);
      const client = redisClient({ host: proxy.host, port: proxy.port, ...credentials });
      expect(await outcomeOf(client.open(within(5_000)))).toBe("UNAUTHENTICATED");
      await expect.poll(() => proxy.connections, SOON).toBe(0);
    },
  );
});

await withServer("redis", {}, (server) => {
  const { host, port, url, control } = server;

  test("a server that is not there is told at once, and the same client opens when it is", async () => {
    await using proxy = await proxyOf(server);
    proxy.refuse();
    const client = redisClient({ host: proxy.host, port: proxy.port });
    expect(await outcomeOf(client.open(within(5_000)))).toBe("UNAVAILABLE");
    await proxy.heal();
    await client.open(within(5_000));
    expect(await count(client, freshNamespace())).toBe(1);
    client.close();
    await expect.poll(() => proxy.connections, SOON).toBe(0);
  });

  test("opening at a server that does not answer ends with its call, and nothing is left of it", async () => {
    await using proxy = await proxyOf(server);
    proxy.stall();
    const client = redisClient({ host: proxy.host, port: proxy.port });
    expect(await outcomeOf(client.open(within(300)))).toBe("ABORTED");
    await proxy.heal();
    await expect.poll(() => proxy.connections, SOON).toBe(0);
  });

  test("a script whose connection is cut after it was sent has run once, and says that it may have", async () => {
    await using proxy = await proxyOf(server);
    using client = await opened({ host: proxy.host, port: proxy.port });
    const key = freshNamespace();
    expect(await count(client, key)).toBe(1);
    const cut = proxy.cutAfterRequest(isEval);
    expect(await outcomeOf(count(client, key))).toBe("UNAVAILABLE?");
    await cut;
    await expect.poll(() => outcomeOf(client.run(READ, [key], [], within(1_000))), SOON).toBe("fine");
    expect(await client.run(READ, [key], [], within(1_000))).toBe("2");
  });

  test("without a connection a script is refused before anything has left", async () => {
    await using proxy = await proxyOf(server);
    using client = await opened({ host: proxy.host, port: proxy.port });
    const key = freshNamespace();
    proxy.cut();
    await expect.poll(() => outcomeOf(count(client, key)), SOON).toBe("UNAVAILABLE");
    await proxy.heal();
    await expect.poll(() => outcomeOf(client.run(READ, [key], [], within(1_000))), SOON).toBe("fine");
    expect(await client.run(READ, [key], [], within(1_000))).toBeNull();
  });

  test("a connection on which nothing answers any more is replaced", { timeout: 20_000 }, async () => {
    await using proxy = await proxyOf(server);
    using client = await opened({ host: proxy.host, port: proxy.port });
    proxy.halfOpen();
    const running = outcomeOf(count(client, freshNamespace()));
    expect(await running).toBe("UNAVAILABLE?");
    await expect.poll(() => proxy.connections, SOON).toBeGreaterThan(1);
    await proxy.heal();
    await expect.poll(() => outcomeOf(count(client, freshNamespace())), SOON).toBe("fine");
  });

  test("a script that the server has forgotten is sent in full", async () => {
    using client = await opened({ host, port });
    const key = freshNamespace();
    expect(await count(client, key)).toBe(1);
    await tell(url, "SCRIPT", "FLUSH");
    expect(await count(client, key)).toBe(2);
  });

  test("a client that was handed in is used, and stays open when ours is closed", async () => {
    const redis = new Redis({ host, port, ...GIVEN });
    const client = redisClient({ client: redis });
    await client.open(within(5_000));
    expect(await count(client, freshNamespace())).toBe(1);
    client.close();
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
  });

  test("a client that was handed in and cut after the request has left has run it once, too", async () => {
    await using proxy = await proxyOf(server);
    const redis = new Redis({ host: proxy.host, port: proxy.port, ...GIVEN }).on("error", () => {});
    using client = await opened({ client: redis });
    const key = freshNamespace();
    expect(await count(client, key)).toBe(1);
    const cut = proxy.cutAfterRequest(isEval);
    expect(await outcomeOf(count(client, key))).toBe("UNAVAILABLE?");
    await cut;
    await expect.poll(() => outcomeOf(client.run(READ, [key], [], within(1_000))), SOON).toBe("fine");
    expect(await client.run(READ, [key], [], within(1_000))).toBe("2");
    redis.disconnect();
  });

  test("a client that would resend is refused at open", async () => {
    const redis = new Redis({ host, port });
    expect(await outcomeOf(redisClient({ client: redis }).open(within(5_000)))).toBe("CONFIG_INVALID");
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
  });

  test("a database that the server does not have, and a prefix that is none, are refused at open", async () => {
    expect(await outcomeOf(redisClient({ host, port, db: 77 }).open(within(5_000)))).toBe("CONFIG_INVALID");
    expect(await outcomeOf(redisClient({ host, port, prefix: "{a}" }).open(within(5_000)))).toBe("CONFIG_INVALID");
  });

  test("a server that stands alone is no cluster", async () => {
    const client = redisClient({ cluster: [{ host, port }] });
    expect(await outcomeOf(client.open(within(5_000)))).toBe("CONFIG_INVALID");
  });

  test("a read-only replica is refused at open", async () => {
    await using replica = await obtainServer("redis", { arguments: ["--replicaof", `${host} ${port}`] });
    const client = redisClient({ url: replica.url });
    expect(await outcomeOf(client.open(within(5_000)))).toBe("UNAVAILABLE");
  });

  test("a master that becomes a replica refuses, and serves again when it is a master again", async () => {
    await using other = await obtainServer("redis");
    using client = await opened({ url: other.url });
    const key = freshNamespace();
    await tell(other.url, "REPLICAOF", host, port);
    expect(await outcomeOf(count(client, key))).toBe("UNAVAILABLE");
    await tell(other.url, "REPLICAOF", "NO", "ONE");
    await expect.poll(() => outcomeOf(count(client, key)), SOON).toBe("fine");
  });

  test.runIf(control)(
    "a server that is frozen hangs no call longer than it takes to notice",
    { timeout: 20_000 },
    async () => {
      using client = await opened({ host, port });
      await control?.freeze();
      const running = outcomeOf(count(client, freshNamespace()));
      expect(await running).toBe("UNAVAILABLE?");
      await control?.thaw();
      await expect.poll(() => outcomeOf(count(client, freshNamespace())), SOON).toBe("fine");
    },
  );
});

await withServer("redis", { arguments: LOADING_SLOWLY }, ({ url, control }) => {
  test.runIf(control)(
    "a server that is still loading is told as such, and used when it has loaded",
    { timeout: 30_000 },
    async () => {
      using client = await opened({ url });
      const fill = script({ name: "fill", lua: [`for i = 1, 400 do redis.call("SET", "key:" .. i, i) end`] });
      await client.run(fill, [], [], within(5_000));
      await control?.kill();
      const starting = control?.start();
      const outcomes = new Set<string>();
      await expect
        .poll(async () => {
          const outcome = await outcomeOf(client.run(READ, ["key:1"], [], within(1_000)));
          outcomes.add(outcome);
          return outcome;
        }, SOON)
        .toBe("fine");
      await starting;
      expect([...outcomes].toSorted()).toEqual(["UNAVAILABLE", "fine"]);
    },
  );
});
