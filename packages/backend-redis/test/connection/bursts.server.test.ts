/** Transactions beside the driver, on a real server, and drivers beside which there are none. */

import { withServer } from "@muster/servers/vitest";
import { SOON } from "@muster/testing";
import { type Command, Redis } from "ioredis";
import { expect, test } from "vitest";
import { Bursts } from "../../src/connection/bursts.ts";
import { OWN } from "../../src/connection/driver-options.ts";
import { tell } from "../support.ts";

function commands(...all: readonly (readonly string[])[]): string {
  return all
    .map((parts) => `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join("")}`)
    .join("");
}

/** A client that is about to connect, and its bursts. */
function watched(url: string): { readonly redis: Redis; readonly bursts: Bursts } {
  const redis = new Redis(url, { ...OWN });
  redis.on("error", () => {});
  const bursts = new Bursts();
  bursts.watch(redis);
  return { redis, bursts };
}

await withServer("redis", {}, ({ url }) => {
  test("every command is answered in its place, whatever the driver asks meanwhile", async () => {
    const { redis, bursts } = watched(url);
    await redis.connect();
    await expect.poll(() => bursts.areOpen, SOON).toBe(true);
    const answers = await Promise.all([
      redis.set("n", "1"),
      bursts.send(bursts.burst(2, (writer) => writer.text(commands(["INCR", "n"], ["GET", "n"])))),
      redis.get("n"),
      bursts.send(bursts.burst(1, (writer) => writer.text(commands(["LPUSH", "n", "x"])))),
      bursts.send(bursts.burst(1, (writer) => writer.text(commands(["NOTHING"])))),
      redis.get("n"),
    ]);
    expect(answers.map(String)).toEqual([
      "OK",
      "2,2",
      "2",
      "ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value",
      "undefined",
      "2",
    ]);
    redis.disconnect();
  });

  test("what is under way when the connection is lost rejects, and the next connection has bursts again", async () => {
    const { redis, bursts } = watched(url);
    await redis.connect();
    await expect.poll(() => bursts.areOpen, SOON).toBe(true);
    const sending = bursts.send(bursts.burst(1, (writer) => writer.text(commands(["PING"]))));
    redis.stream.destroy();
    await expect(sending).rejects.toThrow("Reached the max retries per request limit");
    expect(bursts.areOpen).toBe(false);
    await expect.poll(() => bursts.areOpen, SOON).toBe(true);
    redis.disconnect();
  });

  test("beside a driver whose stream somebody else reads there are none", async () => {
    const { redis, bursts } = watched(url);
    redis.prependOnceListener("connect", () => redis.stream.on("data", () => {}));
    await redis.connect();
    expect(await redis.ping()).toBe("PONG");
    expect(bursts.areOpen).toBe(false);
    redis.disconnect();
  });

  test("a driver that settles its commands later is left to itself, over a new connection", async () => {
    const { redis, bursts } = watched(url);
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command: Command): unknown => {
      const { resolve } = command;
      if (command.name === "multi") command.resolve = (answer: unknown): void => void setImmediate(resolve, answer);
      return send(command);
    };
    await redis.connect();
    const before = Number(await tell(url, "CLIENT", "ID"));
    await expect.poll(async () => Number(await redis.client("ID").catch(() => 0)), SOON).toBeGreaterThan(before);
    // The driver asks for the id of a connection before it is ready for everything.
    await expect.poll(async () => redis.ping().catch(() => ""), SOON).toBe("PONG");
    expect(bursts.areOpen).toBe(false);
    redis.disconnect();
  });
});
