/** A server that answers and takes no writes: its memory is full, or it is a replica. */

import { freshNamespace } from "@muster/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { codeOf, eventually, openFleet, withOwnServer } from "./support.ts";

const REFUSED = ["UNAVAILABLE", "TIMEOUT"];
const TIMING = { sessionLeaseMs: 3_000, timeoutMs: 1_000 };

/** Sends one command, over a connection of its own. */
async function tell(url: string, command: string, ...args: readonly string[]): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}

await withOwnServer({ arguments: ["--maxmemory-policy", "noeviction"] }, ({ url }) => {
  test("a server whose memory is full refuses newcomers and loses nobody", { timeout: 40_000 }, async () => {
    const namespace = freshNamespace();
    await using fleet = await openFleet(url, { namespace, timing: TIMING });
    await using observer = await openFleet(url, { namespace, timing: TIMING });
    const heard: string[] = [];
    const handle = await fleet.register("a", {}, { onMessage: (message) => void heard.push(message.text()) });
    const { id } = fleet.status().session;

    await tell(url, "CONFIG", "SET", "maxmemory", "1kb");
    expect(REFUSED).toContain(await codeOf(fleet.register("b", {})));
    const fullAt = performance.now();
    await eventually("three leases pass", () => performance.now() > fullAt + 3 * TIMING.sessionLeaseMs);
    expect(fleet.status().session).toEqual({ id, live: true });
    expect(await observer.count({ $attached: true })).toBe(1);
    expect(await observer.multicast({ $identity: "a" }, "still there?")).toMatchObject({ deliveredCount: 1 });
    await eventually("it hears", () => heard.includes("still there?"));
    expect(await handle.unregister()).toBe("removed");

    await tell(url, "CONFIG", "SET", "maxmemory", "0");
    expect(await codeOf(fleet.register("b", {}))).toBe("fine");
    expect(await observer.count()).toBe(1);
  });
});

await withOwnServer({}, ({ url }) => {
  test("a replica is refused at open, and a server that becomes one refuses writes until it is a master again", {
    timeout: 40_000,
  }, async () => {
    const namespace = freshNamespace();
    await using fleet = await openFleet(url, { namespace, timing: { timeoutMs: 1_000 } });
    const handle = await fleet.register("a", { n: 0 }, { onMessage: () => {} });
    const { id } = fleet.status().session;

    await tell(url, "REPLICAOF", "127.0.0.1", "1"); // Where no master is: it keeps what it has.
    expect(REFUSED).toContain(await codeOf(openFleet(url, { namespace, timeoutMs: 1_000 })));
    expect(REFUSED).toContain(await codeOf(fleet.register("b", {})));
    expect(REFUSED).toContain(await codeOf(handle.update({ n: 1 })));

    await tell(url, "REPLICAOF", "NO", "ONE");
    await eventually("it takes writes", async () => (await codeOf(handle.update({ n: 2 }))) === "fine");
    expect(await fleet.get("a")).toMatchObject({ metadata: { n: 2 }, epoch: handle.epoch, attached: true });
    expect(fleet.status().session).toEqual({ id, live: true });
    await using other = await openFleet(url, { namespace });
    expect(await other.count()).toBe(1);
  });
});
