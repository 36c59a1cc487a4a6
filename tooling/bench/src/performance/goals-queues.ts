import type { Promised, Section } from "./promised.ts";

function each(scenario: string, parts: readonly Pick<Promised, "what" | "row" | "goal">[]): readonly Promised[] {
  return parts.map((part) => ({ scenario, size: 10_000, unit: "×", ...part }));
}

export const QUEUE_GOALS: readonly Section[] = [
  {
    title: "Messages that are kept",
    about: "Queues of 10,000 deliveries, against what one writes by hand on the same server.",
    goals: [
      ...each("postgres-durable", [
        {
          what: "PostgreSQL, a multicast to who is away ÷ one unnest of the same rows",
          row: "speed of a multicast to who is away / one unnest",
          goal: { atLeast: 0.8, floor: 0.6 },
        },
        {
          what: "PostgreSQL, dequeue and settle ÷ a SKIP LOCKED loop",
          row: "speed of dequeue and settle / a SKIP LOCKED loop",
          goal: { atLeast: 0.6, floor: 0.5 },
        },
      ]),
      ...each("redis-durable", [
        {
          what: "Redis, enqueue ÷ XADD of the same frames",
          row: "speed of enqueueMany / XADD of the same frames",
          goal: { atLeast: 0.8, floor: 0.6 },
        },
        {
          what: "Redis, dequeue and settle ÷ XREADGROUP and XACK of an entry for each",
          row: "speed of dequeue and settle / XREADGROUP and XACK of an entry for each",
          goal: { atLeast: 0.6, floor: 0.4 },
        },
      ]),
      ...each("jetstream-durable", [
        {
          what: "JetStream, enqueue ÷ publish of an entry for each",
          row: "speed of enqueueMany / publish of an entry for each",
          goal: { atLeast: 0.6 },
        },
      ]),
      ...each("rabbitmq-durable", [
        {
          what: "RabbitMQ, a multicast until everyone has handled it ÷ persistent messages, confirmed one by one",
          row: "speed of a multicast, acknowledged / raw, persistent, confirmed one by one",
          goal: { atLeast: 10 },
        },
      ]),
      {
        ...{ scenario: "kafka-durable", size: 10_000, unit: "ms" },
        what: "Kafka, back to a log that has 100,000 more records, until it has its message",
        row: "back to a log that has 100,000 more records, until it has its message",
        goal: { atMost: 1_000 },
      },
      ...each("sqlite-durable", [
        {
          what: "SQLite, dequeue and settle ÷ a loop by hand, without a thread",
          row: "speed of dequeue and settle / a loop by hand",
          goal: { atLeast: 0.3, floor: 0.2 },
        },
      ]),
      ...each("postgres-outbox", [
        {
          what: "PostgreSQL, a multicast in a transaction ÷ the same rows by hand",
          row: "speed of a multicast in a transaction / the same rows by hand",
          goal: { atLeast: 0.8, floor: 0.6 },
        },
        {
          what: "PostgreSQL, a relay ÷ draining as many rows by hand",
          row: "speed of a relay / draining as many rows by hand",
          goal: { atLeast: 0.6, floor: 0.5 },
        },
      ]),
    ],
  },
];
