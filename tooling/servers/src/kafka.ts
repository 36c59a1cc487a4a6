import { cacheFolder } from "./builds.ts";
import { kafkaGreeting, USER } from "./kafka-protocol.ts";
import { mavenBuild } from "./maven-build.ts";
import type { Recipe } from "./recipe.ts";

const VERSION = "4.3.1";
const BINARY = "kafka-run-class";

/**
 * `sh -c LAUNCH <binary> <folder> <host> <port> <controller's port> <port for clients> <protocol> <keep> <properties…>`: a broker that is its
 * own controller. Of a property that is given twice the later one counts; `more.listeners` are beside those there are.
 */
const LAUNCH = `
set -e
run=$0 folder=$1 host=$2 port=$3 controller=$4 reached=$5 protocol=$6 keep=$7
shift 7
# As the image has it.
if [ -x /opt/kafka/bin/kafka-run-class.sh ]; then run=/opt/kafka/bin/kafka-run-class.sh; fi
[ "$keep" = yes ] || rm -rf "$folder/data"
mkdir -p "$folder/data"
# Where its port is known under another number outside, the broker reaches itself under neither.
inner=CLIENT within=
if [ "$port" != "$reached" ]; then
  inner=INNER within=",INNER://127.0.0.1:$((controller + 1))"
fi
# Whoever wants one more does not know the ports of the others.
more=$(printf '%s\\n' "$@" | sed -n 's/^more\\.listeners=/,/p')
cat >"$folder/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=CLIENT://$host:$port,CONTROLLER://127.0.0.1:$controller$within$more
advertised.listeners=CLIENT://127.0.0.1:$reached$within$more
listener.security.protocol.map=CLIENT:$protocol,CONTROLLER:PLAINTEXT,INNER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=$inner
log.dirs=$folder/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=4194304
# Seconds, not ten of them, until a broker that was killed may be itself again.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
controlled.shutdown.enable=false
END
printf '%s\\n' "$@" >>"$folder/server.properties"
export KAFKA_HEAP_OPTS='-Xms96m -Xmx96m' KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'
export KAFKA_OPTS='-Djava.awt.headless=true -Dorg.slf4j.simpleLogger.defaultLogLevel=error' LOG_DIR=$folder/log
# The id of a cluster is any; its nodes have the same.
if [ ! -e "$folder/data/meta.properties" ]; then
  "$run" kafka.tools.StorageTool format -t bXVzdGVyLW9uLWthZmthIQ -c "$folder/server.properties" >/dev/null
fi
exec "$run" kafka.Kafka "$folder/server.properties"`;

/** What lets clients in, and the brokers to each other. */
function login(password: string): readonly string[] {
  const broker = `username="${USER}" password="${password}"`;
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required ${broker} user_${USER}="${password}";`;
  return [
    "sasl.enabled.mechanisms=PLAIN",
    "sasl.mechanism.inter.broker.protocol=PLAIN",
    `listener.name.client.plain.sasl.jaas.config=${plain}`,
  ];
}

/** Apache's own broker, of what it is published as; no distribution has it. */
export const kafkaRecipe: Recipe = {
  binary: BINARY,
  build: mavenBuild({
    binary: BINARY,
    artifacts: [
      `org.apache.kafka:kafka_2.13:${VERSION}`,
      `org.apache.kafka:kafka-tools:${VERSION}`,
      "org.slf4j:slf4j-simple:1.7.36",
    ],
    folder: () => cacheFolder(`kafka-${VERSION}`),
  }),
  imageVariable: "MUSTER_KAFKA_IMAGE",
  image: `apache/kafka:${VERSION}`,
  defaultPort: 9092,
  sidePorts: 1,
  scheme: "kafka:",
  urlVariable: "MUSTER_KAFKA_URL",
  arguments: (_place, { password, arguments: more = [] }) => [...(password ? login(password) : []), ...more],
  command: (binary, args, { host, port, sidePorts, reachedAt, directory }, { password, persistent = true }) => [
    ...["/bin/sh", "-c", LAUNCH, binary, directory, host, ...[port, ...sidePorts, reachedAt].map(String)],
    ...[password === undefined ? "PLAINTEXT" : "SASL_PLAINTEXT", persistent ? "yes" : "no"],
    ...args,
  ],
  async askVersion(address, password, silenceMs) {
    const { release, ports } = await kafkaGreeting(address, password, silenceMs);
    // The port opens before the broker takes part.
    if (!ports.includes(address.port)) throw new Error("it does not serve yet");
    return release;
  },
};
