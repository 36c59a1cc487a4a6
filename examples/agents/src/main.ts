/** Agents on PostgreSQL: what is written to the books and what the agents are told commit or roll back together. */

import { randomBytes, randomInt } from "node:crypto";
import { obtainServer } from "@muster/servers";
import { runDemo, tell } from "@muster/servers/demo";
import { AgentHost } from "./agent-host.ts";
import { Books } from "./books.ts";
import { Mayhem } from "./mayhem.ts";
import { Random } from "./random.ts";
import { openFleet } from "./slots.ts";
import { story } from "./story.ts";

const MAX_SEED = 2 ** 32;

process.exitCode = await runDemo("@muster/example-agents", async (audience) => {
  await using postgres = await obtainServer("postgres");
  // The server may be somebody's own: everything is in one schema, which is thrown away in the end.
  const place = { url: postgres.url, schemaName: `agents_${randomBytes(6).toString("hex")}` };
  await using books = await Books.open(place);
  await using control = await openFleet(place);
  await using athens = new AgentHost("athens", place);
  await using bergen = new AgentHost("bergen", place);
  await using cork = new AgentHost("cork", place);
  const hosts = [athens, bergen, cork];
  const seed = Number(process.env["MUSTER_SEED"] ?? randomInt(MAX_SEED));
  await using mayhem = new Mayhem(hosts, new Random(seed + 1));
  await tell(story({ books, control, hosts, mayhem, seed }), audience);
});
