/** Listening on a real server, where the driver is read before it reads and where it is not. */

import { withServer } from "@muster/servers/vitest";
import { SOON } from "@muster/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { Line } from "../../src/pubsub/line.ts";
import { tell } from "../support.ts";

await withServer("redis", {}, ({ url }) => {
  test.each([
    ["before the driver reads them", 0],
    ["as the driver tells of them, where somebody else reads its stream too", 1],
  ])("messages are read %s", async (_, others) => {
    const redis = new Redis(url, { lazyConnect: true });
    redis.once("connect", () => {
      for (let other = 0; other < others; other += 1) redis.stream.on("data", () => {});
    });
    const told: string[] = [];
    redis.on("messageBuffer", () => void told.push("by the driver"));
    const line = new Line(redis, "standalone", {
      onMessage: ({ bytes, channelStart, channelEnd, start, end }) =>
        void told.push(`${bytes.toString("utf8", channelStart, channelEnd)}=${bytes.toString("utf8", start, end)}`),
      onLost: () => {},
    });
    await line.opened;
    await line.subscribe(["a", "b"]);
    await tell(url, "PUBLISH", "a", "é");
    await line.unsubscribe(["a"]);
    await tell(url, "PUBLISH", "a", "nobody");
    await tell(url, "PUBLISH", "b", "x".repeat(200_000));
    const expected = ["a=é", `b=${"x".repeat(200_000)}`];
    const messages = (): readonly string[] => told.filter((text) => text !== "by the driver");
    await expect.poll(messages, SOON).toEqual(expected);
    expect(told.length - messages().length).toBe(2 * others);
    line.close();
  });
});
