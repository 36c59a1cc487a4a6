/**
 * What others make of the same: Socket.IO with its Redis adapter, whose room acknowledges and whose sockets are fetched and
 * filtered by the caller, and Moleculer, whose broadcasts over NATS nobody acknowledges and nothing selects.
 */

import { sensors } from "../documents.ts";
import { NODES, PAYLOAD } from "../fleets.ts";
import { handWritten, SELECTION } from "../predicates.ts";
import { playRounds } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Moleculer } from "../senders/moleculer.ts";
import { Muster } from "../senders/muster.ts";
import { SocketIo } from "../senders/socket-io.ts";
import { benchServer } from "../servers.ts";

export const peersScenario: Scenario = {
  name: "peers",
  about:
    "multicasts and searches over Redis and NATS, against Socket.IO with its Redis adapter and Moleculer over NATS",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  await using sockets = await SocketIo.open(redis.url, size, PAYLOAD);
  await using moleculer = await Moleculer.open(nats.url, size, PAYLOAD);
  await using acknowledged = await Muster.open(
    "Muster, acknowledged",
    { ...receivers, namespace: "acknowledged" },
    { payload: PAYLOAD, delivery: "at-least-once" },
  );
  await using once = await Muster.open(
    "Muster, at most once",
    { ...receivers, namespace: "once" },
    { payload: PAYLOAD },
  );
  const sending = await playRounds([acknowledged, sockets, once, moleculer], { rounds, size });
  const selected = sensors(size).filter(handWritten).length;
  const found = { name: "Muster, by a filter", run: () => find(once, selected) };
  const finding = await playRounds([found, sockets.finding], { rounds, size });
  return {
    rows: [
      rowOf("speed of acknowledged / Socket.IO's emitWithAck", "×", sending.speedup(acknowledged.name, sockets.name)),
      rowOf("speed of at most once / Moleculer's broadcast", "×", sending.speedup(once.name, moleculer.name)),
      rowOf(
        "speed of a filter / Socket.IO's fetchSockets, filtered",
        "×",
        finding.speedup(found.name, sockets.finding.name),
      ),
    ],
    timings: [...sending.timings, ...finding.timings],
  };
}

async function find({ fleet }: Muster, expected: number): Promise<number> {
  let count = 0;
  for await (const _ of fleet.identities(SELECTION)) count += 1;
  if (count !== expected) throw new Disagreement(`${count} were found instead of ${expected}`);
  return count;
}
