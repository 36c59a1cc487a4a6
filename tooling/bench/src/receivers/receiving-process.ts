/** Entry of a process that receives. Its argument is a {@link ReceiverPlan} as JSON, written by `crew.ts`. */

import { Counter } from "./counter.ts";
import type { ReceiverPlan, ToReceiver } from "./plan.ts";
import { answered } from "./remote-registry.ts";
import { tell } from "./telling.ts";

const plan = JSON.parse(process.argv[2] ?? "") as ReceiverPlan;
const counter = new Counter();

process.on("disconnect", () => process.exit());
process.on("message", (message: ToReceiver) => {
  if (message.kind === "registry") answered(message);
  else if (message.kind === "expect") counter.expect(message.total);
  else if (message.kind === "count") counter.tellCount();
  else if (message.kind === "spend") tellSpent();
  else process.exit(); // Its registrations and subscriptions go with the servers.
});

await receive(plan);
tell({ kind: "ready" });

function tellSpent(): void {
  const { user, system } = process.cpuUsage();
  tell({ kind: "spent", cpuMs: (user + system) / 1_000 });
}

/** Each with nothing of the others beside it. */
async function receive(one: ReceiverPlan): Promise<void> {
  switch (one.kind) {
    case "fleets":
      return (await import("./fleet-receivers.ts")).serveFleets(one, counter);
    case "raw":
      return (await import("./raw-receivers.ts")).subscribeRaw(one, counter);
    case "grouped":
      return (await import("./grouped-receivers.ts")).serveGrouped(one, counter);
    case "sessions":
      return (await import("./session-keepers.ts")).keepSessions(one);
    case "slot":
      return (await import("./slot-receivers.ts")).listen(one, counter);
    case "socket.io":
      return (await import("./socket-receivers.ts")).serveSockets(one, counter);
    case "moleculer":
      return (await import("./moleculer-receivers.ts")).serveMoleculer(one, counter);
  }
}
