export type { Origin, Server, ServerControl, ServerKind, ServerOptions } from "./server.ts";
