/** The pool that a slot makes for itself. */

import { Socket } from "node:net";
import { Client, type ClientBase, type ClientConfig, Pool, type PoolConfig } from "pg";
import type { PostgresByHost, PostgresByUrl, PostgresConnection, PostgresPool } from "../options.ts";

/** Also what the driver takes for a pool that says nothing. */
export const MAX_CONNECTIONS = 10;
/** Until a server that takes the connection and says nothing is given up, or a call that waits for a free connection. */
const CONNECT_MS = 10_000;
const IDLE_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

/**
 * Short statements win nothing by being compiled. Isolation decides what a function sees of others' writes. All of it is
 * what servers do by default, unless someone has told them otherwise.
 */
const SETTINGS = "set jit to off; set default_transaction_isolation to 'read committed'";
/** A statement whose caller has given up, and closed the connection, ends soon, also when it waits for a lock. */
const NOTICE_GONE = "set client_connection_check_interval to '1s'";

export interface OwnPool extends PostgresPool {
  /** A connection beside those of the pool, which is closed when it is released. */
  connectBeside(): Promise<PostgresConnection>;
  /** At once, also what is still connecting. */
  end(): Promise<void>;
}

/** Connects when it is first asked for a connection. Its errors are those of calls: connections that break are replaced. */
export function ownPool(options: PostgresByUrl | PostgresByHost): OwnPool {
  const sockets = new Set<Socket>();
  const newSocket = (): Socket => {
    const socket = new Socket();
    sockets.add(socket);
    return socket.once("close", () => sockets.delete(socket));
  };
  const config = {
    ...locationOf(options),
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: "muster",
  };
  const pool = new Pool({
    ...config,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    // oxlint-disable-next-line typescript/no-misused-promises -- it is waited for, which its type does not tell
    onConnect: prepare,
    stream: newSocket,
  });
  pool.on("error", () => undefined); // Without a listener the process would end.
  return {
    connect: async () => pool.connect(),
    connectBeside: async () => connectAlone(config, newSocket()),
    end: async () => {
      const ended = pool.end(); // Says goodbye where nothing is under way.
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

async function connectAlone(config: ClientConfig, socket: Socket): Promise<PostgresConnection> {
  const client = new Client({ ...config, stream: () => socket });
  client.on("error", () => undefined); // Whoever uses it listens, too; but not before it is there.
  try {
    await client.connect();
    await prepare(client);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return Object.assign(client, { release: () => void socket.destroy() });
}

async function prepare(client: ClientBase): Promise<void> {
  await client.query(SETTINGS);
  await client.query(NOTICE_GONE).catch(() => undefined); // Not on every system.
}

function locationOf(options: PostgresByUrl | PostgresByHost): PoolConfig {
  if ("url" in options) return { connectionString: options.url };
  const { host, port, database, user, password, tls } = options;
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { ssl: tls === true ? true : { ...tls } }),
  };
}
