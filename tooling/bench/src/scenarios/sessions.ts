/** What it costs to keep a million registrations alive that live as long as the processes that serve them. */

import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { Crew } from "../receivers/crew.ts";
import { sessionPlans } from "../receivers/sharing.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const sessionsScenario: Scenario = {
  name: "sessions",
  about:
    "processor time to renew, check and reap 1,000,000 registrations of 200 sessions on Redis, while nothing happens",
  defaultSize: 1_000_000,
  isPlayedOnce: true,
  needsServers: true,
  run,
};

const SESSIONS = 200;
/** As long as every session takes to look through its own once. */
const SECONDS = 60;
/** What registering has left to do is done. */
const SETTLING_MS = 5_000;

/** Processor time since the start, ms. */
interface Spent {
  readonly processes: number;
  readonly server: number;
}

async function run({ size, seconds = SECONDS }: Settings): Promise<Outcome> {
  await using server = await benchServer("redis");
  const redis = new Redis(server.url);
  try {
    await using crew = await Crew.start(sessionPlans({ at: "redis", url: server.url }, SESSIONS, size));
    const keys = await redis.dbsize();
    await delay(Math.min(SETTLING_MS, seconds * 100));
    const before = await spentBy(crew, redis);
    const start = performance.now();
    await delay(seconds * 1_000);
    const after = await spentBy(crew, redis);
    const lasted = performance.now() - start;
    if ((await redis.dbsize()) !== keys) throw new Disagreement("somebody has come or gone");
    const processes = (after.processes - before.processes) / lasted;
    const serving = (after.server - before.server) / lasted;
    return {
      rows: [
        rowOf("cores, of all processes and the server", "", [processes + serving], { atMost: 0.05, floor: 0.2 }),
        rowOf("… of the processes", "", [processes]),
        rowOf("… of the server", "", [serving]),
      ],
      timings: [],
    };
  } finally {
    redis.disconnect();
  }
}

async function spentBy(crew: Crew, redis: Redis): Promise<Spent> {
  const said = await redis.info("cpu");
  const seconds = [...said.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gmu)].map(([, value]) => Number(value));
  return { processes: await crew.cpuMs(), server: seconds.reduce((sum, one) => sum + one, 0) * 1_000 };
}
