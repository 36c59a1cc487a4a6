/** A process that may die. `argv`: the subject's module, and what its function is called with, as JSON in an array. */

import process from "node:process";
import { subjectIn } from "../subject-module.ts";
import { Host } from "./host.ts";
import { die, Moments, watchSockets } from "./moments.ts";
import type { Order, Report } from "./wire.ts";

const [module = "", args = "[]"] = process.argv.slice(2);
const moments = new Moments();
watchSockets(moments);
process.once("disconnect", die); // Whoever watched has gone.
const { subject } = await subjectIn(new URL(module), ...(JSON.parse(args) as unknown[]));
const host = new Host(subject, moments, tell);
process.on("message", (orders) => host.obey(orders as readonly Order[])); // Only line.ts is at the other end.
await tell({ kind: "ready" });

async function tell(report: Report): Promise<void> {
  await new Promise<void>((resolve) => {
    process.send?.(report, () => resolve()); // Without a watcher it is about to die.
  });
}
