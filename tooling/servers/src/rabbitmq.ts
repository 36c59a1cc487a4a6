import { type Address, converse } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

const USER = "guest";
const DEFAULT_PASSWORD = "guest";

/**
 * `sh -c LAUNCH <binary> <folder> <host> <port> <epmd's port> <distribution's port> <password> <keep> <configuration…>`: a node
 * with a port mapper, a cookie and a folder of its own. It stays as the parent of both, and ends the one with the other.
 */
const LAUNCH = `
set -e
binary=$0 folder=$1 host=$2 port=$3 mapper=$4 distribution=$5 password=$6 keep=$7
shift 7
# Debian's program in the PATH becomes another user; the one behind it runs as whoever starts it.
if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then binary=/usr/lib/rabbitmq/bin/rabbitmq-server; fi
[ "$keep" = yes ] || rm -rf "$folder/mnesia"
mkdir -p "$folder/home"
cat >"$folder/environment" <<END
export HOME='$folder/home' ERL_EPMD_PORT=$mapper ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME=muster-$distribution@localhost RABBITMQ_NODE_IP_ADDRESS=$host RABBITMQ_NODE_PORT=$port
export RABBITMQ_DIST_PORT=$distribution RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_LOGS=-
export RABBITMQ_MNESIA_BASE='$folder/mnesia' RABBITMQ_LOG_BASE='$folder/log' RABBITMQ_PID_FILE='$folder/pid'
export RABBITMQ_CONFIG_FILE='$folder/rabbitmq' RABBITMQ_GENERATED_CONFIG_DIR='$folder/generated'
export RABBITMQ_ENABLED_PLUGINS_FILE='$folder/enabled_plugins'
PATH=$(dirname "$(command -v "$binary")"):\\$PATH
END
. "$folder/environment"
if [ ! -e "$HOME/.erlang.cookie" ]; then
  printf muster >"$HOME/.erlang.cookie"
  chmod 400 "$HOME/.erlang.cookie"
fi
echo '[].' >"$folder/enabled_plugins"
cat >"$folder/rabbitmq.conf" <<END
listeners.tcp.1 = $host:$port
loopback_users = none
default_pass = $password
log.file = false
log.console.level = error
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 10MB
END
printf '%s\\n' "$@" >>"$folder/rabbitmq.conf"
# What does not wait for work by turning round leaves the processor to others.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none'
export RABBITMQ_ALLOW_INPUT=yes
# Ends at once where the nodes of a cluster have one already.
epmd -address 127.0.0.1 -port "$mapper" &
mapping=$!
"$binary" -noinput &
serving=$!
trap 'kill -TERM $serving' TERM
while kill -0 $serving 2>/dev/null; do wait $serving || true; done
kill $mapping 2>/dev/null || true`;

/** `sh -c ADMINISTER <folder> <tool> <arguments…>`: one of the tools that come with the server, for the node in the folder. */
const ADMINISTER = `
. "$0/environment"
exec "$@"`;

const PROTOCOL_HEADER = Buffer.from("AMQP\0\0\u0009\u0001", "latin1");
const FRAME_END = 0xce;
/** Class and method, as they stand at the head of a frame's payload. */
const [START, TUNE, CLOSE] = [0x000a_000a, 0x000a_001e, 0x000a_0032];
const HEAD_BYTES = 7;

const shortText = (text: string): Buffer => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);

function longText(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

/** `connection.start-ok`, without any word about the client. */
function startOk(password: string): Buffer {
  const method = Buffer.from([0, 10, 0, 11]);
  const noProperties = Buffer.alloc(4);
  const login = [shortText("PLAIN"), longText(`\0${USER}\0${password}`), shortText("en_US")];
  const payload = Buffer.concat([method, noProperties, ...login]);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, payload.length]);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}

/**
 * What `connection.start` says of the version, once `connection.tune` has let the client in.
 *
 * @throws Error when it does not.
 */
function versionIn(received: string): string | undefined {
  const bytes = Buffer.from(received, "latin1");
  let version = "unknown";
  for (let at = 0; bytes.length >= at + HEAD_BYTES + 4; ) {
    const method = bytes.readUInt32BE(at + HEAD_BYTES);
    const length = bytes.readUInt32BE(at + 3);
    if (bytes.length < at + HEAD_BYTES + length) return undefined;
    const payload = bytes.toString("latin1", at + HEAD_BYTES, at + HEAD_BYTES + length);
    if (method === TUNE) return version;
    if (method === CLOSE) throw new Error(`it refuses: ${payload.slice(7)}`);
    if (method !== START) throw new Error("not a RabbitMQ server");
    version = /versionS.{4}([\d.]+)/s.exec(payload)?.[1] ?? version;
    at += HEAD_BYTES + length + 1;
  }
  return undefined;
}

export const rabbitmqRecipe: Recipe = {
  binary: "rabbitmq-server",
  debianPackage: "rabbitmq-server",
  imageVariable: "MUSTER_RABBITMQ_IMAGE",
  image: "rabbitmq:3-alpine",
  defaultPort: 5672,
  sidePorts: 2,
  scheme: "amqp:",
  urlVariable: "MUSTER_RABBITMQ_URL",
  hasChildren: true,
  arguments: (_place, { arguments: more = [] }) => more,
  command: (binary, args, { host, port, sidePorts, directory }, { password = DEFAULT_PASSWORD, persistent = true }) => [
    ...["/bin/sh", "-c", LAUNCH, binary, directory, host, String(port), ...sidePorts.map(String)],
    ...[password, persistent ? "yes" : "no"],
    ...args,
  ],
  administration: ({ directory }, command) => ["/bin/sh", "-c", ADMINISTER, directory, ...command],
  askVersion: (address: Address, password = DEFAULT_PASSWORD, silenceMs) =>
    converse(address, Buffer.concat([PROTOCOL_HEADER, startOk(password)]), versionIn, silenceMs),
};
