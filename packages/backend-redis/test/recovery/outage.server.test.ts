/** A server that is not there, and one that dies in the middle of everything. */

import { setTimeout as delay } from "node:timers/promises";
import { freshNamespace } from "@muster/testing";
import { expect, test } from "vitest";
import { codeOf, eventually, openFleet, withOwnServer } from "./support.ts";

/** What a call may end with while the server is away. */
const AWAY = ["UNAVAILABLE", "TIMEOUT"];

await withOwnServer({}, ({ url }, control) => {
  test("a server that is down at open is a coded error, and none when it is back", async () => {
    const namespace = freshNamespace();
    await control.kill();
    expect(AWAY).toContain(await codeOf(openFleet(url, { namespace, timeoutMs: 1_000 })));
    await control.start();
    await using fleet = await openFleet(url, { namespace });
    expect(await fleet.count()).toBe(0);
  });

  test("a server that is only late is waited for within the deadline", async () => {
    await control.freeze();
    const opening = codeOf(openFleet(url, { namespace: freshNamespace(), timeoutMs: 1_000 }));
    expect(AWAY).toContain(await opening);
    await control.thaw();
  });

  test("a server that dies during calls costs them a code each, hangs nothing, and all goes on by itself", {
    timeout: 40_000,
  }, async () => {
    const namespace = freshNamespace();
    await using fleet = await openFleet(url, { namespace, timing: { timeoutMs: 1_500 } });
    await using observer = await openFleet(url, { namespace, timing: { timeoutMs: 1_500 } });
    const heard: unknown[] = [];
    const handle = await fleet.register("ear", { n: 0 }, { onMessage: (message) => void heard.push(message.json()) });
    const outcomes = new Map<string, Set<string>>();
    let stop = false;
    const keepCalling = async (name: string, call: (turn: number) => Promise<unknown>): Promise<void> => {
      const codes = new Set<string>();
      outcomes.set(name, codes);
      for (let turn = 0; !stop; turn += 1) {
        codes.add(await codeOf(call(turn)));
        await delay(1);
      }
    };
    const calling = [
      keepCalling("register", (turn) => fleet.register(`guest-${turn}`, { turn })),
      keepCalling("update", (turn) => handle.update({ n: turn })),
      keepCalling("renew", () => handle.renew()),
      keepCalling("get", () => observer.get("ear")),
      keepCalling("enumerate", () => observer.enumerate({ n: { $exists: true } })),
      keepCalling("count", () => observer.count()),
      keepCalling("multicast", (turn) => observer.multicast({ $identity: "ear" }, { turn })),
    ];
    await delay(300);
    await control.kill();
    await eventually("every kind of call has felt it", () =>
      [...outcomes.values()].every((codes) => AWAY.some((code) => codes.has(code))),
    );
    stop = true;
    await Promise.all(calling);
    for (const [name, codes] of outcomes)
      expect([name, [...codes].filter((code) => ![...AWAY, "fine"].includes(code))]).toEqual([name, []]);

    await control.start();
    await eventually("registering works", async () => (await codeOf(fleet.register("after", {}))) === "fine");
    await eventually("messages arrive", async () => {
      await observer.multicast({ $identity: "ear" }, "again");
      return heard.length > 0;
    });
  });
});
