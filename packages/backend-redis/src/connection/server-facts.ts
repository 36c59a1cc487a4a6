/** What the server says of itself, and whether that will do. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { misconfigured } from "./driver-options.ts";

export type Topology = "standalone" | "cluster";

const SOURCE = `${NAME}.open`;
/** Script flags, sharded Pub/Sub and ZMSCORE with scripts that declare what they do. */
const OLDEST_MAJOR = 7;

/**
 * The server's version, from what `INFO` answered.
 *
 * @throws UNSUPPORTED: older than 7.0; UNAVAILABLE: a replica, or still loading; CONFIG_INVALID: it is part of a cluster
 * and was not meant to be, or the other way round.
 */
export function checkedVersion(info: string, topology: Topology): string {
  const version = fact(info, "redis_version");
  if (!(Number.parseInt(version, 10) >= OLDEST_MAJOR)) {
    const detail = { feature: "Redis before 7.0" };
    const message = `the server is Redis ${version}; it takes 7.0 or later`;
    throw new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail });
  }
  if (isReplica(info)) throw unavailable("the server is a read-only replica; its master is needed");
  if (fact(info, "loading") === "1") throw unavailable("the server is still loading its data");
  const isClustered = fact(info, "cluster_enabled") === "1";
  if (isClustered && topology === "standalone") {
    throw misconfigured("cluster", "the server is part of a cluster: give its nodes as the option cluster");
  }
  if (!isClustered && topology === "cluster") {
    throw misconfigured("cluster", "the server is not part of a cluster: give its host and port, or its url");
  }
  return version;
}

/** From what `INFO` answered. */
export function isReplica(info: string): boolean {
  return fact(info, "role") === "slave";
}

function fact(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
}

function unavailable(message: string): MusterError<"UNAVAILABLE"> {
  return new MusterError({ code: "UNAVAILABLE", source: SOURCE, message });
}
