/** The way to a cluster: a line that is dialled when it is wanted, and again when it has broken. */

import { type Call, throwIfAborted, untilEnded } from "@muster/core/slots";
import { NAME, unavailable } from "../errors.ts";
import type { ServerSettings } from "../options.ts";
import { Line } from "./line.ts";

export class Link {
  readonly settings: ServerSettings;
  #line: Promise<Line> | undefined;
  #isClosed = false;

  constructor(settings: ServerSettings) {
    this.settings = settings;
  }

  /**
   * The line there is, or a new one, for whoever asks meanwhile, too.
   *
   * @throws what the last of the brokers has said; TIMEOUT, ABORTED
   */
  async line(call: Call, operation: string): Promise<Line> {
    throwIfAborted(call, `${NAME}.${operation}`);
    if (this.#isClosed) throw unavailable("it has been closed", { operation });
    this.#line ??= this.#dial();
    return untilEnded(this.#line, call, `${NAME}.${operation}`);
  }

  /** It has broken: the next who asks gets another. What is under way on it goes on as far as it can. */
  abandon(line: Line): void {
    const current = this.#line;
    line.leave();
    current?.then((one) => {
      if (one === line && this.#line === current) this.#line = undefined;
    }, nothing);
  }

  /** At once; whoever waits for an answer is told that the connection broke. */
  close(): void {
    this.#isClosed = true;
    this.#line?.then((line) => line.cut(), nothing);
    this.#line = undefined;
  }

  async #dial(): Promise<Line> {
    try {
      const line = await Line.dial(this.settings);
      if (this.#isClosed) line.cut();
      return line;
    } catch (error) {
      this.#line = undefined;
      throw error;
    }
  }
}

function nothing(): void {
  // Told to whoever dialled.
}
