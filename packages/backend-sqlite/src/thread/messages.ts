/** What this process' threads say to each other. */

import type { ErrorCode, MusterErrorInit } from "@muster/core/slots";
import type { Turn } from "./turn.ts";

/** What the thread is told when it starts. */
export interface Start {
  readonly path: string;
  readonly synchronous: "full" | "normal";
}

export interface Request {
  readonly id: number;
  /** Of {@link OPERATIONS}. */
  readonly name: string;
  readonly args: unknown;
  readonly turn: Turn;
}

/** Requests that were given up in time have no answer. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** An error, with what structured cloning would take from it. */
export interface Failure {
  readonly message: string;
  readonly stack: string | undefined;
  /** SQLite's result code, extended where it tells more. */
  readonly rawCode: number | undefined;
  /** Of an error that was coded already. */
  readonly coded: MusterErrorInit<ErrorCode> | undefined;
  /** It is not an answer: there is nobody any more who could give one. */
  readonly hasDied?: boolean;
  readonly mayHaveApplied: boolean;
}

/** Said to the thread: a request, or that it is to end, once all that came before is done. */
export type Order = Request | "end";
