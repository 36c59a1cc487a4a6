/** A morning of cancelled jobs, told step by step; every step is checked. */

import { setTimeout as delay } from "node:timers/promises";
import { type Step, step } from "@muster/servers/demo";
import type { AgentHost } from "./agent-host.ts";
import type { Books } from "./books.ts";
import { crewOf, type Job, JOBS } from "./cast.ts";
import { Dispatcher, type Ending } from "./dispatcher.ts";
import type { Mayhem } from "./mayhem.ts";
import { Random } from "./random.ts";
import type { AgentFleet } from "./slots.ts";

export interface Scene {
  readonly books: Books;
  readonly control: AgentFleet;
  readonly hosts: readonly AgentHost[];
  readonly mayhem: Mayhem;
  /** Decides which jobs are cancelled, and how those transactions end. */
  readonly seed: number;
}

/** Longest wait for anything; a healthy run never waits this long. */
const PATIENCE_MS = 60_000;
const POLL_MS = 50;
const CANCELLATIONS = 120;
/** Longest pause between two of them. */
const PAUSE_MS = 150;
const ENDINGS: readonly [Ending, ...Ending[]] = ["commit", "commit", "rollback", "cut"];

type Telling = AsyncGenerator<Step, void, undefined>;

export async function* story(scene: Scene): Telling {
  const dispatcher = new Dispatcher(scene.books, scene.control);
  yield* gather(scene);
  yield* decide(scene, dispatcher);
  yield* survive(scene, dispatcher);
}

async function* gather({ control, hosts }: Scene): Telling {
  await Promise.all(hosts.map((host) => host.start()));
  const { identities } = await control.enumerate({ "skills.contains": "ocr" });
  const found = identities.map(({ identity }) => identity);
  const expected = ["athens-1", "athens-2", "bergen-1", "bergen-2", "cork-1", "cork-2"];
  yield step(
    "Nine agents on three hosts; who can read scanned pages",
    [found.join(", ")],
    { found },
    { found: expected },
  );
}

async function* decide({ books }: Scene, dispatcher: Dispatcher): Telling {
  const { targets } = await dispatcher.cancel("job-1", "commit");
  const first = refundsOf(1, "job-1");
  const refunds = await eventually(books, first.length);
  yield step(
    "job-1 is cancelled: the row and the message commit together",
    [`told to ${targets} agents; refunds: ${refunds.join(", ")}`],
    { targets, refunds },
    { targets: 3, refunds: first },
  );

  await dispatcher.cancel("job-2", "rollback");
  await dispatcher.cancel("job-3", "cut");
  await dispatcher.cancel("job-1", "commit");
  const both = [...first, ...refundsOf(4, "job-1")];
  const later = await eventually(books, both.length);
  const cancelled = (await books.cancelled()).map(({ id }) => id);
  yield step(
    "job-2 is rolled back, job-3 loses its connection before the commit, job-1 is cancelled once more",
    [`in the books: ${cancelled.join(", ")}; refunds: ${later.join(", ")}`],
    { cancelled, refunds: later },
    { cancelled: [1, 4], refunds: both },
  );
}

async function* survive({ books, control, mayhem, seed }: Scene, dispatcher: Dispatcher): Telling {
  const random = new Random(seed);
  mayhem.start();
  for (let at = 0; at < CANCELLATIONS; at += 1) {
    await dispatcher.cancel(pick(JOBS, random), pick(ENDINGS, random));
    await delay(random.below(PAUSE_MS));
  }
  await mayhem.stop();
  const committed = await books.cancelled();
  const expected = committed.flatMap(({ id, job }) => refundsOf(id, job));
  const refunds = await eventually(books, expected.length);
  const missing = expected.filter((one) => !refunds.includes(one));
  const twice = refunds.filter((one, at) => refunds.indexOf(one) !== at);
  const unwanted = refunds.filter((one) => !expected.includes(one));
  yield step(
    `${CANCELLATIONS} cancellations, some rolled back or cut off, while hosts are killed and start again`,
    [
      `seed ${seed}: ${committed.length} committed so far, ${mayhem.kills} kills`,
      `${refunds.length} refunds of ${expected.length}: ${missing.length} missing, ${twice.length} twice, ${unwanted.length} unwanted`,
    ],
    { seed, committed: committed.length, refunds: refunds.length, missing, twice, unwanted },
    { missing: [], twice: [], unwanted: [] },
  );

  const { deliveries } = await control.backlog();
  yield step("Nothing waits in the outbox any more", [`${deliveries} deliveries`], { deliveries }, { deliveries: 0 });
}

/** What the agents of a job write when it is cancelled. */
function refundsOf(order: number, job: Job): readonly string[] {
  return crewOf(job).map((agent) => `${order} ${agent}`);
}

function pick<T>(some: readonly [T, ...T[]], random: Random): T {
  return some[random.below(some.length)] ?? some[0];
}

/** The refunds, as soon as there are so many, or when patience is at its end: what is wrong then shows in the step. */
async function eventually(books: Books, count: number): Promise<readonly string[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const refunds = await books.refunds();
    if (refunds.length >= count || performance.now() >= end) return refunds;
    await delay(POLL_MS);
  }
}
