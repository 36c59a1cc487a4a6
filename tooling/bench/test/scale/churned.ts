import { type Stored, storedOf } from "../../src/performance/results.ts";
import { reportOf } from "../../src/report.ts";
import { rowOf } from "../../src/scenario.ts";

export interface Churned {
  readonly size: number;
  /** Cores of Redis with 0.1 % a second, and with 1 %. */
  readonly calm?: number;
  readonly busy?: number;
  /** Requests, with 1 % a second. */
  readonly unanswered?: number;
  /** Of what should have come and gone in a second, with 1 % a second. */
  readonly sent?: number;
}

/** A stored result of `churn` on Redis and NATS, as it would be. */
export function churned({ size, calm = 0.1, busy = 0.2, unanswered = 0, sent = 1 }: Churned): Stored {
  const loads = [
    { rate: "1 %/s", failed: unanswered, cores: busy, changes: 0.01 * size * sent },
    { rate: "0.1 %/s", failed: 0, cores: calm, changes: 0.001 * size },
  ];
  const spread = { count: 100, p50: 1, p90: 2, p99: 3, p999: 4, max: 5 };
  const result = {
    scenario: "churn",
    on: "redis+nats",
    size,
    rounds: 1,
    isPlayedOnce: true,
    servers: { redis: "7.0.15" },
    elapsedMs: 1,
    rows: [
      ...loads.flatMap(({ rate, failed, cores, changes }) => [
        rowOf(`${rate}: requests without an answer`, "", [failed]),
        rowOf("… messages to who stayed that were not received", "", [0]),
        rowOf("… received by who stayed", "", [1_234]),
        rowOf("… registered", "/s", [changes]),
        rowOf("… unregistered", "/s", [changes]),
        rowOf("… cores", "", [cores + 0.3]),
        rowOf("… cores of the population's processes", "", [0.2]),
        rowOf("… cores of redis", "", [cores]),
        rowOf("… cores of nats", "", [0.1]),
      ]),
      rowOf("memory of redis", "MB", [size / 1_000]),
      rowOf("… that an identity took there", "B", [1_100]),
      rowOf("… by its own account", "B", [1_024]),
    ],
    timings: [],
    latencies: loads.flatMap(({ rate }) =>
      ["first pages of a cell", "multicasts to a cell"].map((name) => ({ name: `${rate}: ${name}`, ...spread })),
    ),
  };
  return storedOf(reportOf([result], { busyBefore: 0, busyAfter: 0 }));
}
