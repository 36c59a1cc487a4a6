/**
 * One connection, as one object uses it: whether the server is there, and what it has refused.
 *
 * The driver keeps what is published while it dials and sends it when it has connected. So nothing is handed to it unless
 * the connection stands: the link follows the driver's events, which come a few microtasks late, and compares the server's
 * id of the connection, which the driver forgets when it begins to dial. What is handed over in between is thrown away.
 */

import { setImmediate as turn } from "node:timers/promises";
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type PermissionViolationError,
  type Status,
  type Subscription,
} from "@nats-io/transport-node";
import { isMusterError, type MusterError, type Circumstances } from "@muster/core/slots";
import { codedError, unavailable } from "../errors.ts";
import { inboxPrefixOf } from "../options.ts";
import { type Listener, passOn } from "./listener.ts";
import type { Reader } from "./reader.ts";
import type { Tap } from "./tap.ts";
import type { Outlet } from "../writing/outlet.ts";

export interface Follower {
  onRoute(state: "up" | "down"): void;
  /** The connection is closed for good. */
  onEnd(error: MusterError): void;
  /** What was published there has gone nowhere. */
  onRefused?(subject: string, error: Error): void;
}

/** What the server has refused since the witness was called. */
export interface Witness extends Disposable {
  /** By subject. */
  readonly publishing: ReadonlyMap<string, Error>;
  readonly subscribing: Error | undefined;
}

/** What is done with a connection that nobody else has. */
export interface Ownership {
  /** Closes it for a while. */
  readonly tap?: Tap | undefined;
  readonly reader?: Reader | undefined;
}

export class Link {
  readonly #connection: NatsConnection;
  /** For the same turn as {@link check}. */
  readonly outlet: Outlet;
  readonly #tap: Tap | undefined;
  readonly #reader: Reader | undefined;
  readonly #statuses: AsyncIterator<Status>;
  readonly #followers = new Set<Follower>();
  readonly #witnesses = new Set<{ readonly publishing: Map<string, Error>; subscribing: Error | undefined }>();
  readonly #waiting = new Set<(error: Error) => void>();
  #session: string | undefined;
  #end: MusterError | undefined;
  #isLeft = false;
  #holders = 0;

  /** The connection must stand. */
  constructor(connection: NatsConnection, outlet: Outlet, { tap, reader }: Ownership) {
    this.#tap = tap;
    this.#reader = reader;
    this.#connection = connection;
    this.outlet = outlet;
    this.#session = sessionOf(connection);
    this.#statuses = connection.status()[Symbol.asyncIterator]();
    const finish = (cause: unknown): void => this.#finish(cause);
    this.#follow().catch(finish);
    connection.closed().then(finish, finish);
  }

  get isUp(): boolean {
    return this.#session !== undefined && this.#session === sessionOf(this.#connection);
  }

  /** Calls back with what the driver has read of messages, status headers and reply subjects among it. Live as {@link subscribe}. */
  listen(subject: string, callback: (error: Error | null, message: Msg) => void): Subscription {
    return this.#connection.subscribe(subject, { callback });
  }

  /** Of the server of this moment, as it says itself. */
  get server(): { readonly version: string; readonly hasJetStream: boolean } {
    const { version = "of unknown version", jetstream } = this.#connection.info ?? {};
    return { version, hasJetStream: jetstream === true };
  }

  /** What a message may have, headers and all, on the server of this moment. */
  get maxMessageBytes(): number {
    return this.#connection.info?.max_payload ?? 0;
  }

  /** @throws UNAVAILABLE unless {@link isUp}; nothing was sent. */
  check(about: Circumstances): void {
    if (this.#end !== undefined) throw unavailable(this.#end.message, about, this.#end);
    if (!this.isUp) throw unavailable("there is no connection to the server", about);
    if (this.#connection.isDraining()) throw unavailable("the connection is being drained", about);
  }

  /** A subject that nobody else has, where this connection may listen. */
  newInbox(): string {
    return createInbox(inboxPrefixOf(this.#connection));
  }

  /** Live after the next round trip. */
  subscribe(subject: string, listener: Listener): Subscription {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) passOn(message, listener);
      else listener.refuse(error);
    };
    const subscription = this.#connection.subscribe(subject, { callback });
    this.#reader?.listen(subscription, listener);
    return subscription;
  }

  /**
   * Resolves when the server has answered for everything before it, and what it refused has been witnessed.
   *
   * @throws UNAVAILABLE with `mayHaveApplied`, as soon as the connection breaks.
   */
  async roundTrip(operation: string): Promise<void> {
    let give = (_error: Error): void => {};
    const lost = new Promise<never>((_resolve, reject) => {
      give = reject;
    });
    this.#waiting.add(give);
    try {
      await Promise.race([this.#connection.flush(), lost]);
      await turn(); // The driver's events are microtasks behind its answers.
    } catch (error) {
      const about = { operation, mayHaveApplied: true };
      throw isMusterError(error)
        ? unavailable("the connection broke before the server answered", about, error)
        : codedError(error, about);
    } finally {
      this.#waiting.delete(give);
    }
  }

  /**
   * Reads nothing more from the server, but for what it has at hand, until as many have let go as hold. `undefined`: nothing is
   * held, as others share the connection, or the driver shows no socket.
   */
  hold(): Disposable | undefined {
    if (this.#holders === 0 && this.#tap?.pause() !== true) return undefined;
    this.#holders += 1;
    let isLetGo = false;
    return {
      [Symbol.dispose]: () => {
        if (isLetGo) return;
        isLetGo = true;
        this.#holders -= 1;
        if (this.#holders === 0) this.#tap?.resume();
      },
    };
  }

  witness(): Witness {
    const seen = { publishing: new Map<string, Error>(), subscribing: undefined as Error | undefined };
    this.#witnesses.add(seen);
    return Object.assign(seen, { [Symbol.dispose]: () => void this.#witnesses.delete(seen) });
  }

  follow(follower: Follower): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }

  /** Follows it no longer; the connection stays as it is. */
  leave(): void {
    this.#isLeft = true;
    this.#session = undefined;
    this.#followers.clear();
    this.#statuses.return?.().catch(() => undefined); // Takes effect with the next event; nothing waits for that.
  }

  async #follow(): Promise<void> {
    for (;;) {
      const next = await this.#statuses.next();
      if (next.done === true || this.#isLeft) return;
      this.#take(next.value);
    }
  }

  #take(status: Status): void {
    if (status.type === "disconnect") this.#lose();
    else if (status.type === "reconnect") this.#resume().catch((error: unknown) => this.#finish(error));
    else if (status.type === "error") this.#note(status.error);
  }

  #lose(): void {
    const wasUp = this.#session !== undefined;
    this.#session = undefined;
    const lost = unavailable("the connection broke", { operation: "connection", mayHaveApplied: true });
    for (const give of this.#waiting) give(lost);
    if (wasUp) for (const follower of [...this.#followers]) follower.onRoute("down");
  }

  /** The driver has subscribed to everything again; one answer later the server knows. */
  async #resume(): Promise<void> {
    const session = sessionOf(this.#connection);
    try {
      await this.#connection.flush();
    } catch {
      return; // Lost again, of which the driver tells.
    }
    if (this.#isLeft || session === undefined || session !== sessionOf(this.#connection)) return;
    this.#session = session;
    if (this.#holders > 0) this.#tap?.pause();
    for (const follower of [...this.#followers]) follower.onRoute("up");
  }

  #note(error: Error): void {
    if (isViolation(error) && error.operation === "publish")
      for (const follower of [...this.#followers]) follower.onRefused?.(error.subject, error);
    for (const witness of this.#witnesses) {
      if (isViolation(error)) {
        if (error.operation === "publish") witness.publishing.set(error.subject, error);
      } else if (/maximum subscriptions/i.test(error.message)) {
        witness.subscribing = error;
      }
    }
  }

  #finish(cause: unknown): void {
    if (this.#isLeft || this.#end !== undefined) return;
    this.#session = undefined;
    this.#end = unavailable("the connection has been closed for good", { operation: "connection" }, cause);
    for (const give of this.#waiting) give(this.#end);
    for (const follower of [...this.#followers]) follower.onEnd(this.#end);
  }
}

/** By its name: a connection that was handed in may be of another copy of the driver. */
function isViolation(error: Error): error is PermissionViolationError {
  return error.name === "PermissionViolationError";
}

/** Another one after each reconnect; `undefined` while the driver dials. */
function sessionOf({ info }: NatsConnection): string | undefined {
  return info && `${info.server_id} ${info.client_id}`;
}
