/** A station in a process of its own: `station-process.ts <orders>`. Does what its parent asks, and ends with it. */

import type { Fleet } from "@muster/core";
import type { Note } from "./ledger.ts";
import { noteIn, openPostgresFleet } from "./postgres-slots.ts";
import type { Airport } from "./schema.ts";
import { noteInFile, openSqliteFleet } from "./sqlite-slots.ts";
import { FleetStation, type Station } from "./station.ts";
import type { Orders, Request, Word } from "./station-protocol.ts";

const orders = JSON.parse(process.argv[2] ?? "") as Orders; // The parent wrote it.
let handled = 0;
let stuckAfter = Number.POSITIVE_INFINITY;

process.on("SIGINT", () => {}); // Ctrl-C goes to everyone on the terminal; the parent decides what comes of it.

const opening = open();

process.on("disconnect", () => process.exit());
if (!process.connected) process.exit(); // It has gone while this was loading.

process.on("message", (request: Request) => answer(() => obey(request)));

answer(async () => void (await opening));

async function open(): Promise<Station> {
  if ("path" in orders) return station(await openSqliteFleet(orders), noteInFile);
  const fleet = await openPostgresFleet({ url: orders.url, maxConnections: 4 }, orders);
  return station(fleet, async (transaction, note) => noteIn(transaction, orders, note));
}

function station<Transaction>(
  fleet: Fleet<Airport, Airport, Transaction>,
  write: (transaction: Transaction, note: Note) => Promise<void>,
): Station {
  const note = async (what: Note, transaction: Transaction | undefined): Promise<void> => {
    if (handled >= stuckAfter) await getStuck();
    handled += 1;
    if (transaction === undefined) say({ say: "noted", note: what });
    else await write(transaction, what);
  };
  return new FleetStation(fleet, note, orders.isBack);
}

async function obey(request: Request): Promise<void> {
  const station = await opening;
  if (request.ask === "get-stuck") stuckAfter = handled + request.after;
  else if (request.ask === "close") await station.close();
  else await station.populate(request.airports, (airports) => say({ say: "registered", airports }));
}

async function getStuck(): Promise<never> {
  say({ say: "stuck" });
  return await new Promise<never>(() => {});
}

function answer(work: () => Promise<void>): void {
  work().then(
    () => say({ say: "done" }),
    (error: unknown) => say({ say: "failed", reason: error instanceof Error ? error.message : String(error) }),
  );
}

function say(word: Word): void {
  if (process.connected) process.send?.(word);
}
