/** One direction of one connection. */

import type { Socket } from "node:net";

/** `hold`: it stays where it is; `lose`: it is read and thrown away. */
export type Flow = "pass" | "hold" | "lose";

/** What waits here at most, give or take one chunk; beyond it the sender is held back. */
const MAX_WAITING_BYTES = 256 * 1_024;

export class Pipe {
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #onChunk: (chunk: Uint8Array) => void;
  readonly #waiting: { readonly chunk: Uint8Array; readonly at: number }[] = [];
  #waitingBytes = 0;
  #flow: Flow = "pass";
  #delayMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isBlocked = false;
  #hasSourceEnded = false;
  #hasLost = false;

  /** `onChunk` sees whatever arrives, before anything else happens to it. */
  constructor(source: Socket, target: Socket, onChunk: (chunk: Uint8Array) => void) {
    this.#source = source;
    this.#target = target;
    this.#onChunk = onChunk;
    source.on("data", (chunk) => this.#take(chunk));
    source.on("end", () => this.#end());
    target.on("drain", () => {
      this.#isBlocked = false;
      this.#pump();
    });
  }

  /** Something was thrown away, so that nothing more may pass. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  set(flow: Flow, delayMs: number): void {
    this.#flow = flow;
    this.#delayMs = delayMs;
    if (flow === "lose" && this.#waiting.splice(0).length > 0) this.#lose();
    this.#pump();
  }

  /** Passes nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #take(chunk: Uint8Array): void {
    this.#onChunk(chunk);
    if (this.#source.destroyed) return; // By whoever looked at the chunk.
    if (this.#flow === "lose") {
      this.#lose();
      return;
    }
    this.#waiting.push({ chunk, at: performance.now() });
    this.#waitingBytes += chunk.length;
    this.#pump();
  }

  #lose(): void {
    this.#hasLost = true;
    this.#waitingBytes = 0;
  }

  #end(): void {
    if (this.#flow === "lose") this.#hasLost = true;
    this.#hasSourceEnded = true;
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#flow === "pass") this.#passDue();
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#source.pause();
    else this.#source.resume();
  }

  #passDue(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#isBlocked) return;
      const leftMs = next.at + this.#delayMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), leftMs);
        return;
      }
      this.#waiting.shift();
      this.#waitingBytes -= next.chunk.length;
      this.#isBlocked = !this.#target.write(next.chunk);
    }
    if (this.#hasSourceEnded && !this.#hasLost) this.#target.end();
  }
}
