/**
 * When a process that is to die does so.
 *
 * A *moment* is each time it touches the world outside: bytes are about to leave through a socket, have just left, or
 * have come; an operation on the file system is about to begin; an answer is about to go to whoever watches. What it
 * does between two moments nobody can see, so these are all the ways in which its work can be cut in two.
 */

import { createHook } from "node:async_hooks";
import { Socket } from "node:net";
import process from "node:process";

/** So long without a moment, and nothing is going on that would ever lead to one. */
const IDLE_MS = 300;

export class Moments {
  #left: number | undefined;
  #idle: NodeJS.Timeout | undefined;

  get isDoomed(): boolean {
    return this.#left !== undefined;
  }

  /** It dies at the `turn`-th moment from now on, at once if that is 0, and soon when no moment comes any more. */
  dieAt(turn: number): void {
    if (turn <= 0) die();
    this.#left = turn;
    this.#idle = setTimeout(die, IDLE_MS);
    const isFileOperation = (type: string): boolean => type === "FSREQPROMISE" || type === "FSREQCALLBACK";
    createHook({ init: (_id, type) => (isFileOperation(type) ? this.pass() : undefined) }).enable();
  }

  /** One moment. It may be the last. */
  pass(): void {
    if (this.#left === undefined) return;
    this.#left -= 1;
    if (this.#left <= 0) die();
    this.#idle?.refresh();
  }
}

/** Without a word to anyone, and before the next line. */
export function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("a process has survived its SIGKILL");
}

/** Lets what goes through the sockets of this process count, whoever makes them. To be called before they are made. */
export function watchSockets(moments: Moments): void {
  const { _write: write, _writev: writev, push } = Socket.prototype;
  Socket.prototype._write = function (...args): void {
    moments.pass();
    Reflect.apply(write, this, args);
    moments.pass();
  };
  Socket.prototype._writev = function (...args): void {
    moments.pass();
    if (writev) Reflect.apply(writev, this, args);
    moments.pass();
  };
  Socket.prototype.push = function (...args): boolean {
    moments.pass();
    return Reflect.apply(push, this, args);
  };
}
