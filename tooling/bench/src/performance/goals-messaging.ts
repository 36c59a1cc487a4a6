import type { Goal } from "../scenario.ts";
import type { Promised, Section } from "./promised.ts";

type Part = Pick<Promised, "what" | "row" | "goal">;

const IDENTITY = "speed of identity addresses / raw";
const NODE = "speed of node addresses / raw";
const KIB = "speed of node addresses, 1 KiB / raw";

function at(scenario: string, size: number, parts: readonly Part[]): readonly Promised[] {
  return parts.map((part) => ({ scenario, size, unit: "×", ...part }));
}

function identityAddresses(size: number, goal: Goal): readonly Promised[] {
  const count = size.toLocaleString("en");
  return at("nats-identity", size, [
    { what: `NATS, ${count} identity addresses, registry on Redis ÷ publish each, one flush`, row: IDENTITY, goal },
    { what: "… registry at hand", row: `${IDENTITY} … with the registry at hand`, goal },
    { what: "… and received by the bare driver's subscribers", row: `${IDENTITY} … and the subscribers of raw`, goal },
    {
      what: "… ÷ the same with headers for each, which say whom it is for",
      row: `${IDENTITY} … / raw, with headers for each`,
    },
  ]);
}

function acknowledged(size: number): readonly Promised[] {
  const count = size.toLocaleString("en");
  const goal = { atLeast: 2.5, floor: 2 };
  const ours = "speed of acknowledged / raw";
  return at("acknowledged", size, [
    { what: `NATS, ${count}, acknowledged, registry on Redis ÷ the bare driver unacknowledged, each`, row: ours, goal },
  ]);
}

function endToEnd(size: number): readonly Promised[] {
  const what = `Redis and NATS, ${size.toLocaleString("en")}, acknowledged ÷ a bare scan of routes and bare grouped publishes`;
  return at("end-to-end", size, [{ what, row: "speed of acknowledged / by hand", goal: { atLeast: 0.6, floor: 0.4 } }]);
}

export const MESSAGING_GOALS: readonly Section[] = [
  {
    title: "Messages, at most once",
    about:
      "From before the first publish until the sender has been told by every receiving process that its last message was counted.",
    goals: [
      ...identityAddresses(10_000, { atLeast: 0.9, floor: 0.75 }),
      ...identityAddresses(100_000, { atLeast: 0.8, floor: 0.7 }),
      ...identityAddresses(1_000_000, { atLeast: 0.9, floor: 0.75 }),
      ...at("nats", 100_000, [
        {
          what: "NATS, 100,000 on 20 nodes, registry on Redis ÷ publish each, one flush",
          row: NODE,
          goal: { atLeast: 3, floor: 2 },
        },
        { what: "… registry at hand", row: `${NODE} … with the registry at hand`, goal: { atLeast: 3, floor: 2 } },
        { what: "… 1 KiB, registry on Redis", row: KIB, goal: { atLeast: 10, floor: 8 } },
        {
          what: "… 1 KiB, registry at hand",
          row: `${KIB} … with the registry at hand`,
          goal: { atLeast: 10, floor: 8 },
        },
      ]),
      ...at("redis-pubsub", 10_000, [
        {
          what: "Redis Pub/Sub, 10,000 identity addresses ÷ PUBLISH in scripts of 1,000",
          row: "speed of identity addresses / scripted PUBLISH",
          goal: { atLeast: 0.8 },
        },
        {
          what: "… ÷ the same with a message of its own for each, which says whom it is for",
          row: "speed of identity addresses / scripted PUBLISH of a message each",
        },
        {
          what: "Redis Pub/Sub, 10,000 on 20 nodes ÷ PUBLISH, pipelined",
          row: "speed of node addresses / pipelined PUBLISH",
          goal: { atLeast: 7, floor: 5 },
        },
      ]),
      ...at("rabbitmq", 10_000, [
        {
          what: "RabbitMQ, 10,000 identity addresses, confirmed ÷ the bare driver unconfirmed",
          row: "speed of identity addresses / raw, unconfirmed",
          goal: { atLeast: 0.7 },
        },
        {
          what: "… and received by the bare driver's consumers",
          row: "speed of identity addresses / raw, unconfirmed … and the consumers of raw",
          goal: { atLeast: 0.7 },
        },
        {
          what: "RabbitMQ, 10,000 on 20 nodes ÷ on identity addresses",
          row: "speed of node addresses / identity addresses",
          goal: { atLeast: 3 },
        },
      ]),
      ...at("kafka", 10_000, [
        {
          what: "Kafka, 10,000 identity addresses ÷ the bare driver, a keyed message each",
          row: "speed of identity addresses / raw, a message each",
          goal: { atLeast: 0.5 },
        },
        {
          what: "Kafka, 10,000 on 20 nodes ÷ the bare driver, the same frames, which nobody takes apart",
          row: "speed of node addresses / raw, the same frames",
          goal: { atLeast: 0.7 },
        },
      ]),
      ...at("multicast", 100_000, [
        {
          what: "In memory, 100,000 on 20 fleets ÷ a promise for each target",
          row: "speed of multicast / a promise per target",
          goal: { atLeast: 5 },
        },
      ]),
      ...at("poc", 10_000, [
        {
          what: "Redis and NATS, 10,000 on 20 nodes ÷ the pattern's proof of concept",
          row: "speed of one multicast, Muster / proof of concept",
          goal: { atLeast: 12 },
        },
      ]),
    ],
  },
  {
    title: "Messages, acknowledged",
    about: "Until the sender's report says that every handler has finished.",
    goals: [
      ...acknowledged(10_000),
      ...acknowledged(100_000),
      ...endToEnd(10_000),
      ...endToEnd(100_000),
      ...at("guarantees-memory", 100_000, [
        {
          what: "In memory, 100,000, acknowledged ÷ at most once",
          row: "speed of acknowledged / at-most-once",
          goal: { atLeast: 0.4 },
        },
      ]),
      ...at("stalled", 1_000, [
        {
          what: "One of 1,000 handlers stalls: time until the others are reported ÷ when none does",
          row: "time until all others are reported",
          goal: { atMost: 1.5 },
        },
      ]),
    ],
  },
  {
    title: "Beside others",
    about:
      "What others make of the same, in the same run: 10,000 in two processes, Muster on Redis and NATS. They promise less: Socket.IO finds nobody by metadata; a broadcast of Moleculer goes to 20 nodes, looks nobody up, and is not told who has received.",
    goals: at("peers", 10_000, [
      {
        what: "Acknowledged ÷ Socket.IO with its Redis adapter, emitWithAck to a room",
        row: "speed of acknowledged / Socket.IO's emitWithAck",
      },
      {
        what: "At most once ÷ Moleculer over NATS, broadcast",
        row: "speed of at most once / Moleculer's broadcast",
      },
      {
        what: "By a filter of metadata ÷ Socket.IO with its Redis adapter, fetchSockets, filtered",
        row: "speed of a filter / Socket.IO's fetchSockets, filtered",
      },
    ]),
  },
];
