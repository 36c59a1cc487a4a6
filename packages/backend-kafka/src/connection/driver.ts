/**
 * What of kafkajs speaks the protocol: connections, logins, and how requests and answers are written. Its clients above
 * that can neither be told which partitions to read (https://github.com/tulios/kafkajs/issues/373) nor tell which partitions
 * of a batch have failed, and try again by themselves. It has no door to what is below them, so its files are opened.
 */

import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";
import type { BrokerAddress, ServerSettings } from "../options.ts";

/** Requests that are used here, with their numbers. */
const APIS = { Produce: 0, Fetch: 1, ListOffsets: 2, Metadata: 3, CreateTopics: 19, DescribeConfigs: 32 } as const;

export type Api = keyof typeof APIS;

/** One broker, with a connection for what is answered at once and another for fetching, which waits. */
export interface DriverBroker {
  /** Learns what it speaks, and logs in. */
  connect(): Promise<void>;
  readonly connectionPool: Pool;
  lookupRequest(number: number, definition: Definition): (args: unknown) => Exchange;
}

interface Definition {
  readonly versions: readonly string[];
}

interface Exchange {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(bytes: unknown): Promise<unknown>; parse(decoded: unknown): unknown };
  readonly requestTimeout?: number;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

interface Pool {
  /** For what is answered at once, and for fetching. */
  readonly pool: readonly { readonly requestQueue: RequestQueue; isConnected(): boolean }[];
  getConnection(index: number): Promise<unknown>;
  send(exchange: Exchange): Promise<unknown>;
}

interface Internals {
  readonly Broker: new (options: object) => DriverBroker;
  readonly ConnectionPool: new (options: object) => Pool;
  readonly requests: Readonly<Record<Api, Definition>>;
}

// The release is pinned, and the types are what it has in these files.
const load = createRequire(import.meta.url);
const internals: Internals = {
  Broker: load("kafkajs/src/broker/index.js") as Internals["Broker"],
  ConnectionPool: load("kafkajs/src/network/connectionPool.js") as Internals["ConnectionPool"],
  requests: (load("kafkajs/src/protocol/requests/index.js") as Pick<Internals, "requests">).requests,
};

const nothing = (): void => {};
const silent: object = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  namespace: () => silent,
};

/** Connects when it is asked to. `onSocket` is told of every socket. */
export function driverBroker(
  { host, port }: BrokerAddress,
  settings: ServerSettings,
  onSocket: (socket: Socket) => void,
): DriverBroker {
  const { name, sasl, tls, connectTimeoutMs, requestTimeoutMs, socketFactory = defaultSocketFactory() } = settings;
  const connectionPool = new internals.ConnectionPool({
    ...{ host, port, logger: silent, clientId: name, ssl: tls ?? null, sasl: sasl ?? null },
    ...{ connectionTimeout: connectTimeoutMs, requestTimeout: requestTimeoutMs, enforceRequestTimeout: true },
    socketFactory(this: void, args: Parameters<ISocketFactory>[0]): Socket {
      const socket = socketFactory(args).setNoDelay(true);
      onSocket(socket);
      return socket;
    },
  });
  for (const { requestQueue } of connectionPool.pool) calm(requestQueue);
  return new internals.Broker({ connectionPool, logger: silent, authenticationTimeout: connectTimeoutMs });
}

/** Whether what is answered at once can be asked; fetching has a connection of its own. */
export function isConnected({ connectionPool }: DriverBroker): boolean {
  return connectionPool.pool[0]?.isConnected() === true;
}

/** Not while it is being done already. @throws errors of kafkajs */
export async function connect(broker: DriverBroker): Promise<void> {
  await broker.connect();
  await broker.connectionPool.getConnection(0); // It calls itself connected while it can fetch.
}

/** What is done otherwise than by the driver, for its way takes longer. */
export interface OwnForm {
  /** Gives the bytes of a request, in that version of the protocol, without their head. */
  readonly writing?: (version: number) => Promise<Buffer>;
  /** Makes of the bytes of an answer, in that version of the protocol, what the driver would. */
  readonly reading?: (bytes: Buffer, version: number) => Promise<unknown>;
}

/**
 * Asks a broker that is connected. What it says of single topics and partitions stays in the answer.
 *
 * @throws errors of kafkajs: of the connection, of time, of what can't be written or read.
 */
export async function ask(
  broker: DriverBroker,
  api: Api,
  args: unknown,
  { writing, reading }: OwnForm = {},
): Promise<unknown> {
  const exchange = broker.lookupRequest(APIS[api], internals.requests[api])(args);
  const { apiVersion } = exchange.request;
  const request =
    writing === undefined ? exchange.request : { ...exchange.request, encode: () => encoderOf(writing(apiVersion)) };
  const decode = async (bytes: unknown): Promise<unknown> =>
    reading !== undefined && Buffer.isBuffer(bytes) ? reading(bytes, apiVersion) : exchange.response.decode(bytes);
  return broker.connectionPool.send({ ...exchange, request, response: { decode, parse: (decoded) => decoded } });
}

/** As the driver takes what it puts behind the head of a request. */
async function encoderOf(writing: Promise<Buffer>): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }> {
  const buffer = await writing;
  return { buf: buffer, buffer };
}

/** After every answer it looks again after requests that wait, at a time long past, which Node warns of; none mostly does. */
function calm(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
}

function defaultSocketFactory(): ISocketFactory {
  return (load("kafkajs/src/network/socketFactory.js") as () => ISocketFactory)();
}
