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
  else process.exit(); // Its registrations and subscriptions go with the servers.
});

if (plan.kind === "fleets") await (await import("./fleet-receivers.ts")).serveFleets(plan, counter);
else if (plan.kind === "slot") await (await import("./slot-receivers.ts")).listen(plan, counter);
else await (await import("./raw-receivers.ts")).subscribeRaw(plan, counter); // Nothing of Muster beside it.
tell({ kind: "ready" });
