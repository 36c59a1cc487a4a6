/** Queues in JetStream, against publishing to, fetching from and acknowledging to a work queue with the bare driver. */

import { natsDurability } from "@muster/backend-nats";
import type { DurabilityBackend } from "@muster/core/slots";
import { connect } from "@nats-io/transport-node";
import { NODES, PAYLOAD } from "../fleets.ts";
import { type Distribution, Histogram } from "../histogram.ts";
import { RawJetStream } from "../queues/raw-jetstream.ts";
import { SlotQueue } from "../queues/slot-queue.ts";
import { playRounds } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { CALL } from "../store.ts";

export const jetStreamDurableScenario: Scenario = {
  name: "jetstream-durable",
  about: "queues in JetStream, against publish, fetch and ack of the bare driver",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

/** Of those that are timed one by one. */
const SINGLE = 1_000;
const TTL_MS = 3_600_000;

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("nats", ["-js"]);
  const connection = await connect({ servers: server.url });
  try {
    const raw = await RawJetStream.open({ connection, size, sessions: NODES });
    const durability = (): DurabilityBackend => natsDurability({ servers: server.url });
    await using slot = await SlotQueue.open({ durability, sessions: NODES }, size);
    const enqueuing = await playRounds([raw.enqueuing, slot.enqueuing], { rounds, size });
    const draining = await playRounds([raw.draining, slot.draining], { rounds, size });
    const latencies = [await latenciesOf(durability())];
    return {
      rows: [
        rowOf(
          "speed of enqueueMany / publish of an entry for each",
          "×",
          enqueuing.speedup(slot.enqueuing.name, raw.enqueuing.name),
          { atLeast: 0.6 },
        ),
        rowOf(
          "speed of dequeue and settle / fetch and ack of an entry for each",
          "×",
          draining.speedup(slot.draining.name, raw.draining.name),
        ),
      ],
      timings: [...enqueuing.timings, ...draining.timings],
      latencies,
    };
  } finally {
    await connection.close();
  }
}

/** Of messages to somebody who waits for them. */
async function latenciesOf(durability: DurabilityBackend): Promise<Distribution> {
  await using queue = durability;
  await queue.open({ namespace: "single" }, CALL);
  await queue.attachMany("session", [{ identity: "a", epoch: 1 }], CALL);
  const latencies = new Histogram();
  for (let index = 0; index < SINGLE; index += 1) {
    const message = {
      id: `message-${index}`,
      contentType: "text/plain",
      sentAt: Date.now(),
      guarantee: "at-least-once",
      replyTo: undefined,
      payload: Buffer.from(PAYLOAD),
    } as const;
    const options = { max: 1, maxPerIdentity: 1, waitMs: 5_000, leaseMs: 60_000 };
    const waiting = queue.dequeue("session", options, CALL);
    const start = performance.now();
    await queue.enqueueMany(message, [{ identity: "a", epoch: 1, session: "session" }], { ttlMs: TTL_MS }, CALL);
    const [leased] = await waiting;
    const receipt = leased?.recipients[0]?.receipt;
    if (receipt === undefined) throw new Disagreement(`${message.id} has not come`);
    await queue.settleMany([{ receipt, as: "ack" }], CALL);
    latencies.record(performance.now() - start);
  }
  return latencies.distribution("from enqueueMany to its acknowledgement, one at a time");
}
