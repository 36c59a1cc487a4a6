/** A line to a server that can be broken in all the ways in which lines break. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Conditions, Connection, type ConnectionEvents } from "./connection.ts";
import { Trap } from "./trap.ts";

/** Where the proxy leads to. */
export interface FaultTarget {
  /** On this machine: `127.0.0.1`, `::1` or `localhost`. */
  readonly host: string;
  readonly port: number;
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * A TCP proxy on the loopback interface. Whatever is done to it lasts until {@link FaultProxy.heal}, on open and on new
 * connections alike unless it says otherwise; of `stall`, `delay`, `halfOpen` and `dropReplies` the last one counts.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: "127.0.0.1";
  /** The same for as long as it lives. */
  readonly port: number;
  /** Clients that are connected now. */
  readonly connections: number;
  /** Resets all connections, and every new one as soon as it has been accepted. */
  cut(): void;
  /** Stops listening, so that new connections are refused; open ones go on. */
  refuse(): void;
  /** Nothing gets through in either direction, and nothing is lost; senders are held back. */
  stall(): void;
  /** Whatever is sent arrives `ms` later, in both directions and in order. */
  delay(ms: number): void;
  /**
   * As when the other side has lost its power: connections are accepted and stay, whatever is sent is lost, and nobody is
   * told. A connection that has lost anything is reset as soon as that changes.
   */
  halfOpen(): void;
  /** Requests reach the server, and what it sends is lost, as with `halfOpen`. */
  dropReplies(): void;
  /**
   * Once: the next request that `matches` (default: any; it is asked about each chunk as it comes) reaches the server, and
   * as soon as the server replies on that connection, it is reset instead. Resolves when that has happened, or can't any
   * more because of `heal`, `close` or another `cutAfterRequest`.
   */
  cutAfterRequest(matches?: (request: Uint8Array) => boolean): Promise<void>;
  /** Ends every fault. Resolves when new connections are accepted again. @throws when its port has been taken meanwhile. */
  heal(): Promise<void>;
  /** Resets all connections and stops listening, for good. Twice is once. */
  close(): Promise<void>;
}

/** Resolves when the proxy listens, on a free port. @throws RangeError for a target elsewhere; what listening throws. */
export async function faultProxy(target: FaultTarget): Promise<FaultProxy> {
  if (!LOOPBACK.has(target.host)) throw new RangeError(`the proxy leads to this machine, not to ${target.host}`);
  const proxy = new LoopbackProxy(target);
  await proxy.listen();
  return proxy;
}

const HOST = "127.0.0.1";
const HEALTHY: Conditions = { toServer: "pass", toClient: "pass", delayMs: 0 };

class LoopbackProxy implements FaultProxy, ConnectionEvents {
  readonly host = HOST;
  readonly #target: FaultTarget;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #stopped: Promise<void> = Promise.resolve();
  #port = 0;
  #conditions = HEALTHY;
  #trap: Trap | undefined;
  #isCut = false;
  #isClosed = false;

  constructor(target: FaultTarget) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(this.#port, HOST);
    await once(server, "listening");
    this.#server = server;
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
  }

  cut(): void {
    this.#isCut = true;
    this.#resetAll();
  }

  refuse(): void {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#stopped = new Promise((resolve) => {
      server.close(() => resolve());
    });
  }

  stall(): void {
    this.#set({ ...HEALTHY, toServer: "hold", toClient: "hold" });
  }

  delay(ms: number): void {
    this.#set({ ...HEALTHY, delayMs: ms });
  }

  halfOpen(): void {
    this.#set({ ...HEALTHY, toServer: "lose", toClient: "lose" });
  }

  dropReplies(): void {
    this.#set({ ...HEALTHY, toClient: "lose" });
  }

  async cutAfterRequest(matches: (request: Uint8Array) => boolean = () => true): Promise<void> {
    this.#trap?.end();
    this.#trap = new Trap(matches);
    await this.#trap.sprung;
  }

  async heal(): Promise<void> {
    this.#isCut = false;
    this.#endTrap();
    this.#set(HEALTHY);
    if (this.#server === undefined && !this.#isClosed) await this.listen();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endTrap();
    this.#resetAll();
    this.refuse();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  onRequest(connection: Connection, chunk: Uint8Array): void {
    this.#trap?.onRequest(connection, chunk);
  }

  onReply(connection: Connection): void {
    if (!this.#trap?.isFor(connection)) return;
    connection.reset();
    this.#endTrap();
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  #accept(client: Socket): void {
    if (this.#isCut || this.#isClosed) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    this.#connections.add(new Connection(client, server, this.#conditions, this));
  }

  #set(conditions: Conditions): void {
    this.#conditions = conditions;
    for (const connection of this.#connections) connection.set(conditions);
  }

  #resetAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  #endTrap(): void {
    this.#trap?.end();
    this.#trap = undefined;
  }
}
