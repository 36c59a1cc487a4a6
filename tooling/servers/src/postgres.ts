import { readdirSync } from "node:fs";
import { type Address, converse } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

const DEBIAN = "/usr/lib/postgresql";
const USER = "postgres";

/**
 * `sh -c LAUNCH <binary> <data folder> <password> <keep> <arguments…>`: makes the data folder where there is none, or none is to
 * be kept, and becomes the server. A server that root starts runs as the user `postgres`, because it refuses root.
 */
const LAUNCH = `
set -e
binary=$0 data=$1 password=$2 keep=$3
shift 3
export LC_ALL=C
for folder in ${DEBIAN}/*/bin; do PATH=$PATH:$folder; done
PATH=$(dirname "$(command -v "$binary")"):$PATH
as=
if [ "$(id -u)" = 0 ]; then
  chown ${USER} "$(dirname "$data")"
  as="setpriv --reuid=${USER} --regid=${USER} --clear-groups"
  for tool in gosu su-exec; do if command -v $tool >/dev/null; then as="$tool ${USER}"; fi; done
fi
[ "$keep" = yes ] || rm -rf "$data"
if [ ! -s "$data/PG_VERSION" ]; then
  how=trust secret=$(dirname "$data")/secret
  if [ -n "$password" ]; then how=password; printf '%s\\n' "$password" >"$secret"; [ -z "$as" ] || chown ${USER} "$secret"; fi
  $as initdb -D "$data" -U ${USER} -A $how \${password:+--pwfile="$secret"} -E UTF8 --no-sync >/dev/null
  echo "host all all all $how" >>"$data/pg_hba.conf"
fi
exec $as "$binary" -D "$data" "$@"`;

/** Four bytes, most significant first; short messages only. */
const int32 = (value: number): string => String.fromCharCode(0, 0, 0, value);

/** The first message of a connection, and the second where a password is asked for; all of it ASCII. */
function greeting(password: string | undefined): string {
  const startup = `\0\u0003\0\0user\0${USER}\0database\0${USER}\0\0`;
  const secret = password === undefined ? "" : `p${int32(password.length + 5)}${password}\0`;
  return `${int32(startup.length + 4)}${startup}${secret}`;
}

/** Whether a password is asked for is told by the first message, in its last byte: none is, or it is asked for as it is. */
const AUTHENTICATION_LENGTH = 9;
const ANSWERED: readonly number[] = [0, 3];
/** The head of the message behind which queries are taken; one byte follows. */
const READY = "Z\0\0\0\u0005";

/**
 * The version among the parameters that a server tells once it takes queries. One that asks for more than is known here
 * answers too, but does not tell.
 *
 * @throws Error while it is starting, or ending.
 */
function versionIn(received: string): string | undefined {
  const refusal = /\0C(\w{5})\0/.exec(received)?.[1];
  if (refusal?.startsWith("57P") || refusal === "28P01") throw new Error(`it answers with an error ${refusal}`);
  if (refusal !== undefined) return "unknown";
  if (received.length < AUTHENTICATION_LENGTH) return undefined;
  if (!ANSWERED.includes(received.charCodeAt(AUTHENTICATION_LENGTH - 1))) return "unknown";
  if (received.slice(-1 - READY.length, -1) !== READY) return undefined;
  return /server_version\0([\d.]+)/.exec(received)?.[1] ?? "unknown";
}

export const postgresRecipe: Recipe = {
  binary: "postgres",
  folders: () => {
    try {
      const versions = readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a));
      return versions.map((version) => `${DEBIAN}/${version}/bin`);
    } catch {
      return []; // Not Debian, or not installed.
    }
  },
  debianPackage: "postgresql",
  imageVariable: "MUSTER_POSTGRES_IMAGE",
  image: "postgres:15-alpine",
  defaultPort: 5432,
  scheme: "postgres:",
  user: USER,
  urlVariable: "MUSTER_POSTGRES_URL",
  hasChildren: true,
  // SIGTERM would wait for all clients to leave.
  endSignal: "SIGINT",
  arguments: ({ host, port }, { arguments: more = [] }) => [
    ...["-p", String(port), "-c", `listen_addresses=${host}`, "-c", "unix_socket_directories="],
    ...["-c", "fsync=off", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic"],
    ...more,
  ],
  command: (binary, args, { directory }, { password = "", persistent = true }) => [
    ...["/bin/sh", "-c", LAUNCH, binary, `${directory}/data`, password, persistent ? "yes" : "no"],
    ...args,
  ],
  askVersion: (address: Address, password, silenceMs) => converse(address, greeting(password), versionIn, silenceMs),
};
