export { obtainRedisCluster } from "./cluster.ts";
export type { ServerCluster } from "./cluster.ts";
export { MissingServerError } from "./missing-server-error.ts";
export { obtainServer } from "./obtain.ts";
export type { Origin, Server, ServerControl, ServerKind, ServerOptions } from "./server.ts";
