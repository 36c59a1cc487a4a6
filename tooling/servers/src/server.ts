/** What a test, an example or a benchmark gets: one real server, and the power to do it harm. */

/** `nats-current`: a newer NATS than the distribution has, where it can be had; what asks for it may go without. */
export type ServerKind = "redis" | "nats" | "postgres" | "rabbitmq" | "kafka" | "nats-current";

/** Where servers may come from; `none` is for runs that must not start any. */
export type Origin = "url" | "native" | "container";

/** Any of it may be absent with a server that was not started here. */
export interface Server extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly origin: Origin;
  /** Stays the same through restarts: `redis://127.0.0.1:41234`, `postgres://postgres@127.0.0.1:41235`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** As the server itself states it: `7.0.15`. */
  readonly version: string;
  /** Absent for a server that came by URL: it belongs to somebody else. */
  readonly control?: ServerControl;
}

/** All resolve when the server is in that state: started means that it answers. Each twice is once. */
export interface ServerControl {
  /** After `stop` or `kill`: same port, same data directory. */
  start(): Promise<void>;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
  /** SIGKILL, of all its processes. */
  kill(): Promise<void>;
  /** `kill`, then `start`: whatever the server has kept on disk is there again. */
  restart(): Promise<void>;
  /** Stops its processes without ending them: connections stay open and nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /**
   * What a tool that comes with the server writes, such as `rabbitmqctl list_queues`.
   *
   * @throws Error when it fails, with what it says; of a server that has no tools.
   */
  administer(command: readonly string[]): Promise<string>;
}

export interface ServerOptions {
  /** The server asks every client for it. */
  readonly password?: string;
  /** Keep data through `restart`; default true. Redis: append-only file, fsync always. PostgreSQL: without fsync. */
  readonly persistent?: boolean;
  /** More arguments for the server's command line, such as `--maxmemory 20mb`. RabbitMQ and Kafka: lines of its configuration. */
  readonly arguments?: readonly string[];
}
