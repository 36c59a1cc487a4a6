/** Where the thread begins. */

import { parentPort, workerData } from "node:worker_threads";
import { Executor } from "./executor.ts";
import type { Order, Start } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("this is no thread of its own");

const executor = new Executor(workerData as Start, (answers) => port.postMessage(answers)); // As thread.ts starts it.
port.on("message", (order: Order) => {
  if (order !== "end") return executor.take(order);
  return executor.end(() => port.close()); // Nothing else keeps the thread.
});
