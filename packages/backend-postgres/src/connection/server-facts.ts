/** What a server must be like, and whether it is. */

import { MusterError } from "@muster/core/slots";
import type { Row } from "../codec.ts";
import { NAME } from "../errors.ts";
import { misconfigured } from "../options.ts";

/** `server_version_num` of the first version that has all that is used. */
const OLDEST = 140_000;
const SOURCE = `${NAME}.open`;

/** Answers what {@link checkServer} reads. */
export const ASK_SERVER = `select current_setting('server_version_num'), current_setting('server_version'),
  pg_is_in_recovery(), current_setting('transaction_read_only'), current_setting('server_encoding'),
  current_setting('default_transaction_isolation')`;

/**
 * The server's version, as it states it.
 *
 * @throws UNSUPPORTED: too old. UNAVAILABLE: it takes no writes. CONFIG_INVALID: the database has another encoding than
 *   UTF-8, or the pool's connections another isolation than read committed.
 */
export function checkServer([number, version, isStandby, isReadOnly, encoding, isolation]: Row): string {
  if (Number(number) < OLDEST) {
    const feature = `PostgreSQL ${version}`;
    const message = `PostgreSQL 14 or later is needed, and this is ${version}`;
    throw new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature } });
  }
  if (isStandby === "t" || isReadOnly === "on") {
    const message = isStandby === "t" ? "the server is a standby" : "the server or this user is read-only";
    throw new MusterError({
      code: "UNAVAILABLE",
      source: SOURCE,
      message: `${message}: one that takes writes is needed`,
    });
  }
  if (encoding !== "UTF8") {
    throw misconfigured(SOURCE, [{ path: "database", message: `has the encoding ${encoding}; it must be UTF8` }]);
  }
  if (isolation !== "read committed") {
    const message = `has default_transaction_isolation = ${isolation}; it must be read committed`;
    throw misconfigured(SOURCE, [{ path: "pool", message }]);
  }
  return version ?? "";
}
