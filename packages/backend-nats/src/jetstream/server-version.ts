/** Whether a server has what the queues need. */

import { MusterError } from "@muster/core/slots";
import type { Link } from "../connection/link.ts";
import { NAME } from "../errors.ts";

/** Consumers that are forgotten, are kept in memory and wait for what comes are as they are since then. */
const FIRST_VERSION = [2, 9] as const;

/** @throws UNSUPPORTED */
export function checkVersion(link: Link): void {
  const { version } = link.server;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = FIRST_VERSION;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw unsupported(`server ${version} is too old: queues need ${FIRST_VERSION.join(".")}`);
}

/** A server without may lead to others with it, so it is asked all the same. */
export function withoutJetStream(link: Link, cause: unknown): MusterError {
  return unsupported(`server ${link.server.version} has no JetStream: it is started with -js`, cause);
}

function unsupported(message: string, cause?: unknown): MusterError<"UNSUPPORTED"> {
  return new MusterError({
    code: "UNSUPPORTED",
    source: `${NAME}.open`,
    message,
    detail: { feature: "JetStream" },
    cause,
  });
}
