/** A station in a process of its own, which can be killed and comes back. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AirportIdentity } from "./data.ts";
import type { Ledger } from "./ledger.ts";
import type { Station } from "./station.ts";
import type { Orders, Request, StationPlace, Word } from "./station-protocol.ts";

const STATION_PROCESS = fileURLToPath(new URL("station-process.ts", import.meta.url));

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class MortalStation implements Station {
  readonly #place: StationPlace;
  readonly #ledger: Ledger;
  #child: ChildProcess | undefined;
  #airports: readonly AirportIdentity[] = [];
  #onProgress: (registered: number) => void = () => {};
  #answer: Waiting | undefined;
  #stuck: Promise<void> = new Promise(() => {});
  #onStuck: Waiting | undefined;

  private constructor(place: StationPlace, ledger: Ledger) {
    this.#place = place;
    this.#ledger = ledger;
  }

  /**
   * Resolves when its process is open.
   *
   * @param isBack it had an earlier life, in another run. @throws Error with what the process says about why it is not open.
   */
  static async open(place: StationPlace, ledger: Ledger, isBack = false): Promise<MortalStation> {
    const station = new MortalStation(place, ledger);
    await station.#start(isBack);
    return station;
  }

  /** Who is registered here. */
  get airports(): readonly AirportIdentity[] {
    return this.#airports;
  }

  async populate(airports: readonly AirportIdentity[], onProgress: (registered: number) => void): Promise<void> {
    this.#airports = airports;
    this.#onProgress = onProgress;
    await this.#ask({ ask: "populate", airports });
  }

  /** Resolves when its process knows: of the next message it is to handle so many, and to get stuck in the one after. */
  async getStuck(after: number): Promise<void> {
    this.#stuck = new Promise((resolve, reject) => {
      this.#onStuck = { resolve, reject };
    });
    this.#stuck.catch(() => undefined); // Nobody need wait for it.
    await this.#ask({ ask: "get-stuck", after });
  }

  /** Resolves when it is. */
  get stuck(): Promise<void> {
    return this.#stuck;
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited();
  }

  /** A new process, which registers the same airports. */
  async comeBack(): Promise<void> {
    await this.#start(true);
    await this.populate(this.#airports, () => {});
  }

  async close(): Promise<void> {
    if (this.#child?.connected === true) {
      await this.#ask({ ask: "close" });
      this.#child.disconnect();
    }
    await this.#exited();
  }

  async #start(isBack: boolean): Promise<void> {
    const orders: Orders = { ...this.#place, isBack };
    const execArgv = ["--import", import.meta.resolve("tsx")];
    const child = fork(STATION_PROCESS, [JSON.stringify(orders)], { execArgv, serialization: "advanced" });
    this.#child = child;
    child.on("message", (word: Word) => this.#hear(word));
    child.once("exit", (code, signal) => this.#fail(`the process of a station ended with ${signal ?? code}`));
    try {
      await this.#answered();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async #ask(request: Request): Promise<void> {
    const answered = this.#answered();
    this.#child?.send(request, (error) => error !== null && this.#fail(error.message));
    await answered;
  }

  /** One request at a time. */
  #answered(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
  }

  #hear(word: Word): void {
    if (word.say === "done") this.#answer?.resolve();
    else if (word.say === "failed") this.#answer?.reject(new Error(word.reason));
    else if (word.say === "registered") this.#onProgress(word.airports);
    else if (word.say === "noted") this.#ledger.record(word.note);
    else this.#onStuck?.resolve();
  }

  #fail(reason: string): void {
    this.#answer?.reject(new Error(reason));
    this.#onStuck?.reject(new Error(reason));
  }

  async #exited(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
