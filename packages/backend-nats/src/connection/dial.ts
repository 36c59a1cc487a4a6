/** A connection of this object's own, set up so that it comes back by itself and never sends anything twice. */

import {
  type Authenticator,
  connect,
  type NatsConnection,
  NatsConnectionImpl,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { type Call, untilEnded, type Backoff } from "@muster/core/slots";
import { type NatsServerOptions, serverUrl } from "../options.ts";
import { type Door, knock } from "./knock.ts";
import { NAME } from "../errors.ts";

const DEFAULT_SERVER = "nats://127.0.0.1:4222";
const CONNECT_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;

/** Gives up at once when `call` ends. @throws what the driver, the network or the end of the call says. */
export async function dial(options: NatsServerOptions, backoff: Backoff, call: Call): Promise<NatsConnection> {
  const { servers = DEFAULT_SERVER, tls, connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS } = options;
  const urls = (typeof servers === "string" ? [servers] : servers).flatMap((server) => serverUrl(server) ?? []);
  const doors = urls.map((url): Door => ({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) }));
  const first = await knock(doors, { timeoutMs, isMute: tls?.handshakeFirst === true }, call);
  const inOrder = [...urls.slice(first), ...urls.slice(0, first)];
  const connecting = connect(driverOptions(options, inOrder, timeoutMs, backoff));
  return untilEnded(connecting, call, `${NAME}.open`, (late) => {
    hangUp(late).catch(() => undefined); // Nobody waits for it any more.
  });
}

/** Ends it, whatever it is doing: the driver's own `close` leaves a socket open that it is just dialling. */
export async function hangUp(connection: NatsConnection): Promise<void> {
  await connection.close();
  if (connection instanceof NatsConnectionImpl) connection.protocol.transport.discard();
}

function driverOptions(
  options: NatsServerOptions,
  urls: readonly URL[],
  timeout: number,
  backoff: Backoff,
): NodeConnectionOptions {
  const { name = "muster", tls, followCluster = true, pingIntervalMs = PING_INTERVAL_MS } = options;
  const needsTls = tls !== undefined || urls.some(({ protocol }) => protocol === "tls:");
  return {
    servers: urls.map(({ host }) => host),
    name,
    timeout,
    ...credentials(options, urls),
    ...(needsTls ? { tls: tls ?? {} } : {}),
    ignoreClusterUpdates: !followCluster,
    noRandomize: true,
    pingInterval: pingIntervalMs,
    maxPingOut: MAX_PINGS_OUT,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => backoff.nextMs(),
    noAsyncTraces: true,
  };
}

/** Those in the options before those in an address; a user without a password is a token, as everywhere with NATS. */
function credentials(options: NatsServerOptions, urls: readonly URL[]): NodeConnectionOptions {
  const { user, pass, token, authenticator } = options;
  const given = {
    ...(user === undefined ? {} : { user }),
    ...(pass === undefined ? {} : { pass }),
    ...(token === undefined ? {} : { token }),
    ...(authenticator === undefined ? {} : { authenticator: listed(authenticator) }),
  };
  const url = urls.find(({ username }) => username !== "");
  if (Object.keys(given).length > 0 || url === undefined) return given;
  const [name, word] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return word === "" ? { token: name } : { user: name, pass: word };
}

function listed(authenticator: Authenticator | readonly Authenticator[]): Authenticator | Authenticator[] {
  return typeof authenticator === "function" ? authenticator : [...authenticator];
}
