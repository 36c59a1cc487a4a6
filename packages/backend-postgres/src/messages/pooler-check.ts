/** Whether somebody stands between whoever listens and the server who gives it a connection for each transaction only. */

import { MusterError } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { NAME } from "../errors.ts";
import type { PostgresConnection } from "../options.ts";
import type { Mail } from "./mail.ts";
import { randomKey } from "./random-key.ts";

const PATIENCE_MS = 2_000;

/**
 * A pooler tells a process id of its own. Whether a doorbell comes through all the same, as it does where it gives a
 * connection for each session, is tried with one.
 *
 * @throws UNSUPPORTED: it does not.
 */
export async function checkNoPooler(
  { client, channel }: Pick<Mail, "client" | "channel">,
  connection: PostgresConnection,
  pid: number,
  call: PostgresCall,
): Promise<void> {
  if (!("processID" in connection) || connection.processID === pid) return;
  const trial = `trial ${randomKey()}`;
  const heard = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    call.signal.addEventListener("abort", () => resolve(false), { once: true });
    connection.on("notification", ({ payload }) => {
      if (payload !== trial) return;
      clearTimeout(timer);
      resolve(true);
    });
  });
  await client.query("select pg_notify($1, $2)", [channel, trial], call);
  if ((await heard) || call.signal.aborted) return;
  const feature = "LISTEN through a pooler of transactions";
  const message =
    "a pooler stands in between that gives no sessions, so that nobody is told of messages: connect past it";
  throw new MusterError({ code: "UNSUPPORTED", source: `${NAME}.${call.operation}`, message, detail: { feature } });
}
