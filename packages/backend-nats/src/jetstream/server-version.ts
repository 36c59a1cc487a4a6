/** Whether a server has the JetStream that is needed here. */

import { isMusterError, MusterError } from "@muster/core/slots";
import type { Link } from "../connection/link.ts";
import { NAME } from "../errors.ts";
import { withoutJetStream } from "./errors.ts";

/** Consumers that are forgotten, are kept in memory and wait for what comes are as they are since then. */
const FIRST_VERSION = [2, 9] as const;

/** @throws UNSUPPORTED */
export function checkVersion(link: Link): void {
  const { version } = link.server;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = FIRST_VERSION;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  const message = `server ${version} is too old: JetStream is needed as of ${FIRST_VERSION.join(".")}`;
  throw new MusterError({ code: "UNSUPPORTED", source: `${NAME}.open`, message, detail: { feature: "JetStream" } });
}

/** Why opening has failed. A server without JetStream may lead to others with it, so it is asked all the same. */
export function openingError(error: unknown, link: Link): unknown {
  const isWithout = isMusterError(error, "UNAVAILABLE") && link.isUp && !link.server.hasJetStream;
  return isWithout ? withoutJetStream("open", error) : error;
}
