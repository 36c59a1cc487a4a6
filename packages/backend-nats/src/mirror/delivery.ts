/** What a consumer delivers, as the protocol has it (ADR-15): places and times stand in the subject of the answer. */

import type { Msg } from "@nats-io/transport-node";
import type { Stored } from "./entry.ts";

export interface Delivered extends Stored {
  /** Counts what this consumer has delivered, from 1. */
  readonly number: number;
}

const PREFIX = "$JS.ACK.";
/** Before the server told of its domain and account, which stand in front of the stream. */
const SHORT = 9;
const MILLISECOND = 1_000_000;

/** `undefined`: it is no message of a stream, but something between the server and the client. */
export function deliveredIn({ reply }: Pick<Msg, "reply">): Delivered | undefined {
  if (reply === undefined || !reply.startsWith(PREFIX)) return undefined;
  const tokens = reply.split(".");
  const at = tokens.length === SHORT ? 5 : 7;
  const [sequence, number, nanoseconds = ""] = tokens.slice(at, at + 3);
  const whole = Number(nanoseconds.slice(0, -6));
  return {
    sequence: Number(sequence),
    number: Number(number),
    time: whole + Number(nanoseconds.slice(-6)) / MILLISECOND,
  };
}
