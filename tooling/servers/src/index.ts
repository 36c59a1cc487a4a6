export type { ServerCluster } from "./cluster.ts";
export { obtainKafkaCluster } from "./kafka-cluster.ts";
export { MissingServerError } from "./missing-server-error.ts";
export { obtainNatsCluster } from "./nats-cluster.ts";
export { obtainServer } from "./obtain.ts";
export { obtainRabbitmqCluster } from "./rabbitmq-cluster.ts";
export { obtainRedisCluster } from "./redis-cluster.ts";
export type { Origin, Server, ServerControl, ServerKind, ServerOptions } from "./server.ts";
