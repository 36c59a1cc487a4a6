import type { Failure } from "./messages.ts";
import type { Turn } from "./turn.ts";

/** Who waits for an answer. */
export interface Question {
  readonly name: string;
  readonly args: unknown;
  readonly turn: Turn;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}
