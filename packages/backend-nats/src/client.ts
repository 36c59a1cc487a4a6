/** The life of one object: its connection, opened or borrowed, and how its calls end. */

import type { NatsConnection } from "@nats-io/transport-node";
import {
  abortedError,
  type Call,
  isMusterError,
  Lifecycle,
  MusterError,
  untilEnded,
  Backoff,
} from "@muster/core/slots";
import { dial, hangUp } from "./connection/dial.ts";
import { Link } from "./connection/link.ts";
import { readerOn } from "./connection/reader.ts";
import { tapOf } from "./connection/tap.ts";
import { codedError, NAME } from "./errors.ts";
import { checkedOutlet, type NatsOptions } from "./options.ts";

/** Headers, and with them all that travels beside a body, came with it. */
const FIRST_VERSION = "2.2";

export class Client {
  readonly #options: NatsOptions;
  readonly #life = new Lifecycle(NAME);
  readonly #backoff = new Backoff();
  #connection: NatsConnection | undefined;
  #link: Link | undefined;

  constructor(options: NatsOptions) {
    this.#options = options;
  }

  /** @throws CLOSED before open. */
  get link(): Link {
    if (this.#link !== undefined) return this.#link;
    throw new MusterError({ code: "CLOSED", source: `${NAME}.link`, message: "it is not open" });
  }

  /** `ready` does what else belongs to opening. */
  async open(call: Call, ready: (link: Link, opening: Call) => void | Promise<void>): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const connection = await this.#connect(opening);
      try {
        const outlet = checkedOutlet(connection);
        await this.#greet(connection, opening);
        const ownership = this.#isShared ? {} : { tap: tapOf(connection), reader: readerOn(connection) };
        this.#link = new Link(connection, outlet, ownership);
        this.#link.follow({ onRoute: () => this.#backoff.reset(), onEnd: () => undefined });
        this.#backoff.reset();
        this.#connection = connection;
        await ready(this.#link, opening);
      } catch (error) {
        this.#link?.leave();
        this.#link = undefined;
        await this.#release(connection);
        throw this.#coded(error, opening);
      }
    });
  }

  /** @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws, coded. */
  async run<T>(operation: string, call: Call, work: (link: Link) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      try {
        return await work(this.link);
      } catch (error) {
        throw codedError(error, { operation });
      }
    });
  }

  async close(stop: () => void): Promise<void> {
    await this.#life.close(async () => {
      stop();
      this.#link?.leave();
      if (this.#connection !== undefined) await this.#release(this.#connection);
    });
  }

  get #isShared(): boolean {
    return this.#options.connection !== undefined;
  }

  async #connect(call: Call): Promise<NatsConnection> {
    const { connection } = this.#options;
    try {
      return connection ?? (await dial(this.#options, this.#backoff, call));
    } catch (error) {
      throw this.#coded(error, call);
    }
  }

  /** One answer from the server shows that the connection stands. */
  async #greet(connection: NatsConnection, call: Call): Promise<void> {
    await untilEnded(connection.flush(), call, `${NAME}.open`);
    const { headers, version } = connection.info ?? {};
    if (headers === true) return;
    const message = `server ${version ?? "of unknown version"} has no message headers: they need ${FIRST_VERSION}`;
    throw new MusterError({ code: "UNSUPPORTED", source: `${NAME}.open`, message, detail: { feature: "headers" } });
  }

  async #release(connection: NatsConnection): Promise<void> {
    if (!this.#isShared) await hangUp(connection);
  }

  /** An opening that was ended tells its caller why, whatever it broke. */
  #coded(error: unknown, call: Call): MusterError {
    if (!call.signal.aborted || isMusterError(error, "CONFIG_INVALID")) return codedError(error, { operation: "open" });
    return abortedError(call, `${NAME}.open`);
  }
}
