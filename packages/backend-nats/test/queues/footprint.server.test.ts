/** What four processes take of a server: streams, consumers, subscriptions, connections, and messages while there is nothing to do. */

import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRegistry } from "@muster/core";
import { obtainServer } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { freePort } from "@muster/testing";
import { Processes } from "@muster/testing/processes";
import { assert, describe, test } from "vitest";
import { natsDurability, natsMessaging, natsRegistry } from "../../src/index.ts";

const PROCESSES = 4;
const ATTENDING = fileURLToPath(new URL("attending-process.ts", import.meta.url));
const IDLE_MS = 10_000;
const NAMESPACE = "footprint";
/** Of each process: one for each of the three slots. */
const CONNECTIONS = 3;
/** Of each process: answers of each stream slot, its own address, the mirror, and what it waits for in its queue. */
const SUBSCRIPTIONS = 5;
/** The registry's, and four of queues. */
const STREAMS = 5;
/** Of each process in a second: two words of its queue's consumer, and renewals, sweeps and PINGs that are none. */
const IDLE_MESSAGES = 6;
/** Sessions, what an ended one leaves behind, and what is kept of a multicast, a page of a thousand at a time. */
const OTHER_SUBJECTS = 16;

interface Footprint {
  readonly streams: number;
  readonly consumers: number;
  readonly connections: number;
  readonly subscriptions: number;
  /** By stream, how many subjects it holds. */
  readonly subjects: Readonly<Record<string, number>>;
  readonly idlePerSecond: number;
}

/** What the server says of itself, over HTTP. */
class Monitor {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Messages that clients have sent, requests of JetStream's API among them. */
  async received(): Promise<number> {
    return (await this.#ask<{ in_msgs: number }>("varz")).in_msgs;
  }

  /** Of clients, without the server's own. */
  async connected(): Promise<Pick<Footprint, "connections" | "subscriptions">> {
    const { connections } = await this.#ask<{ connections: readonly { subscriptions: number }[] }>("connz");
    return {
      connections: connections.length,
      subscriptions: connections.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    };
  }

  async held(): Promise<Pick<Footprint, "streams" | "consumers" | "subjects">> {
    const { streams, consumers, account_details } = await this.#ask<{
      streams: number;
      consumers: number;
      account_details: readonly {
        stream_detail: readonly { name: string; state: { num_subjects?: number } }[];
      }[];
    }>("jsz?streams=true");
    const details = account_details.flatMap(({ stream_detail }) => stream_detail);
    const kindOf = (name: string): string => (name.startsWith("muster+") ? (name.split("+").at(-1) ?? "") : "registry");
    const subjects = Object.fromEntries(details.map(({ name, state }) => [kindOf(name), state.num_subjects ?? 0]));
    return { streams, consumers, subjects };
  }

  async #ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#url}/${path}`);
    return (await answer.json()) as T; // As the server documents it.
  }
}

/** With one message to everyone, handled. */
async function footprintOf(count: number): Promise<Footprint> {
  const port = await freePort();
  await using server = await obtainServer("nats", { arguments: ["-js", "-m", String(port)] });
  const { url } = server;
  const monitor = new Monitor(port);
  const share = count / PROCESSES;
  const shares = Array.from({ length: PROCESSES }, (_, n) => [url, NAMESPACE, n * share, share].map(String));
  await using _processes = await Processes.start(ATTENDING, shares);
  const [servers, namespace] = [url, NAMESPACE];
  const slots = { registry: natsRegistry({ servers }), messaging: natsMessaging({ servers }) };
  const sender = await openRegistry({ namespace, ...slots, durability: natsDurability({ servers }) });
  const options = { delivery: "at-least-once", timeoutMs: 100_000 } as const;
  const { deliveredCount } = await sender.multicast(null, "hello", options);
  assert.equal(deliveredCount, count);
  await sender.close();
  await delay(IDLE_MS); // What was handled has its last words said.
  const [connected, held] = [await monitor.connected(), await monitor.held()];
  const [before, at] = [await monitor.received(), performance.now()];
  await delay(IDLE_MS);
  const idlePerSecond = (1_000 * ((await monitor.received()) - before)) / (performance.now() - at);
  return { ...connected, ...held, idlePerSecond };
}

await withServer("nats", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("with a server that tells of itself", () => {
    test("a hundred identities or ten thousand in four processes: as many streams, consumers, subscriptions, connections and idle messages", {
      timeout: 400_000,
    }, async () => {
      const [few, many] = [await footprintOf(100), await footprintOf(10_000)];
      const { subjects: fewSubjects, idlePerSecond: fewIdle, ...fewFixed } = few;
      const { subjects: manySubjects, idlePerSecond: manyIdle, ...manyFixed } = many;
      assert.deepEqual(manyFixed, fewFixed);
      assert.deepEqual(manyFixed, {
        streams: STREAMS,
        consumers: 2 * PROCESSES + 1, // A queue's and a mirror's, and that of who is attached nowhere.
        connections: CONNECTIONS * PROCESSES,
        subscriptions: SUBSCRIPTIONS * PROCESSES,
      });
      for (const [count, { registry, attachments, states, records, queue }] of [
        [100, fewSubjects],
        [10_000, manySubjects],
      ] as const) {
        assert.deepEqual([attachments, queue], [count, 0]);
        assert.isAtMost(registry ?? Number.NaN, count + OTHER_SUBJECTS);
        assert.isAtMost(states ?? Number.NaN, count + OTHER_SUBJECTS);
        assert.isAtMost(records ?? Number.NaN, OTHER_SUBJECTS);
      }
      assert.isBelow(fewIdle, IDLE_MESSAGES * PROCESSES);
      assert.isBelow(manyIdle, fewIdle + PROCESSES); // It has nothing to do with how many they are.
    });
  });
});
