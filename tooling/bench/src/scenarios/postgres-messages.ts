/** What messages through PostgreSQL cost, against rows and a NOTIFY that are written by hand. */

import { Pool } from "pg";
import { HandMail, SlotMail } from "../postgres-mail.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const postgresMessagesScenario: Scenario = {
  name: "postgres-messages",
  about: "messages through PostgreSQL, against rows and a NOTIFY written by hand",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const url = `${server.url}/postgres`;
  const pool = new Pool({ connectionString: url });
  try {
    await using slot = await SlotMail.open({ url, pool, size });
    await using hand = await HandMail.open({ url, pool, size });
    const played = await playRounds([slot, hand], { rounds, size });
    const goal = { atLeast: 1 };
    return {
      rows: [
        rowOf(
          "speed of a batch to 20 inboxes / rows by hand",
          "×",
          played.speedup("publishMany", "rows by hand"),
          goal,
        ),
      ],
      timings: played.timings,
    };
  } finally {
    await pool.end();
  }
}
