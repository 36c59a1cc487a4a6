/** What a restart of the server means for those who are registered: nothing, or an orderly return. */

import { setTimeout as delay } from "node:timers/promises";
import type { Fleet, Message } from "@muster/core";
import { freshNamespace } from "@muster/testing";
import { expect, test } from "vitest";
import { crowd, eventually, openFleet, withOwnServer } from "./support.ts";

const MANY = 2_000;
/** Of them, within any 100 ms. */
const MOST_AT_ONCE = MANY / 10;

interface Crew {
  readonly fleet: Fleet;
  /** Identities that were lost, in order. */
  readonly lost: readonly string[];
  /** How many were handed that message. */
  hearers(messageId: string): number;
}

async function muster(url: string, options: Parameters<typeof openFleet>[1]): Promise<Crew & AsyncDisposable> {
  const fleet = await openFleet(url, options);
  const lost: string[] = [];
  const heard = new Map<string, Set<string>>();
  const onMessage = ({ id, identity }: Message): void => {
    const hearers = heard.get(id) ?? new Set();
    heard.set(id, hearers.add(identity));
  };
  const registering = Array.from({ length: MANY }, (_, n) => fleet.register(`id-${n}`, { n }, { onMessage }));
  for (const handle of await Promise.all(registering)) handle.on("lost", () => void lost.push(handle.identity));
  return {
    fleet,
    lost,
    hearers: (messageId) => heard.get(messageId)?.size ?? 0,
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}

/** Epoch ms, by the server's clock; everyone must be there and attached. */
async function registeredAt(fleet: Fleet): Promise<readonly number[]> {
  const times: number[] = [];
  for await (const { registeredAt: time, attached } of fleet.identities(null, { includeMetadata: false })) {
    expect(attached).toBe(true);
    times.push(time);
  }
  expect(times).toHaveLength(MANY);
  return times;
}

/** Sooner or later one message reaches all: whoever subscribes again after a restart misses what is sent meanwhile. */
async function allHear(observer: Fleet, crew: Crew): Promise<void> {
  await eventually("all hear one message", async () => {
    const { id, targetCount } = await observer.multicast(null, "roll call");
    expect(targetCount).toBe(MANY);
    await delay(200);
    return crew.hearers(id) === MANY;
  });
}

const isBack = (fleet: Fleet, before: number) => async (): Promise<boolean> =>
  (await fleet.count({ "$registeredAt.gt": before })) === MANY;

await withOwnServer({ persistent: true }, ({ url }, control) => {
  test("a restart with its data kept costs nobody the registration", { timeout: 40_000 }, async () => {
    const namespace = freshNamespace();
    await using crew = await muster(url, { namespace });
    await using observer = await openFleet(url, { namespace });
    const before = await registeredAt(observer);
    const sessions = [crew.fleet.status().session, observer.status().session];
    await control.restart();
    await allHear(observer, crew);
    expect(await registeredAt(observer)).toEqual(before);
    expect([crew.fleet.status().session, observer.status().session]).toEqual(sessions);
    expect(crew.lost).toEqual([]);
  });
});

await withOwnServer({ persistent: false }, ({ url }, control) => {
  test("after a restart that lost all data everyone comes back, a few at a time", { timeout: 40_000 }, async () => {
    const namespace = freshNamespace();
    await using crew = await muster(url, { namespace });
    await using observer = await openFleet(url, { namespace });
    const before = Math.max(...(await registeredAt(observer)));
    await control.restart();
    await eventually("everyone is back", isBack(observer, before));
    expect(crowd(await registeredAt(observer))).toBeLessThanOrEqual(MOST_AT_ONCE);
    await allHear(observer, crew);
    expect(crew.lost.toSorted()).toEqual([...new Set(crew.lost)].toSorted());
  });

  test("so they do when it was away for longer than their session lived", { timeout: 40_000 }, async () => {
    const namespace = freshNamespace();
    await using crew = await muster(url, { namespace, timing: { sessionLeaseMs: 2_000 } });
    const before = Math.max(...(await registeredAt(crew.fleet)));
    await control.kill();
    await eventually("everyone is lost", () => crew.lost.length === MANY);
    const lostAt = performance.now();
    await eventually("a third of them would be due", () => performance.now() > lostAt + 5_000);
    await control.start();
    await eventually("everyone is back", isBack(crew.fleet, before));
    expect(crowd(await registeredAt(crew.fleet))).toBeLessThanOrEqual(MOST_AT_ONCE);
    await allHear(crew.fleet, crew);
  });
});
