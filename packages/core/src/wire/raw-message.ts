/** What travels to an identity address: the bare payload, with headers that a consumer without Muster can read. */

import type { Content } from "./message-frame.ts";
import type { ReplacedFrame } from "./notices.ts";
import { type Headers, MusterError, type OutgoingColumns } from "../slots/index.ts";

const VERSION = "1";
const SOURCE = "core.rawMessage";
/** As many as a safe integer has. */
const MAX_DIGITS = 16;
const ZERO = "0".charCodeAt(0);

/** Messages for one recipient each, whose body is the payload as it is. `addresses[i]` is where recipient i is. */
export function messageColumns(
  content: Content,
  { identities, epochs }: { readonly identities: readonly string[]; readonly epochs: readonly number[] },
  addresses: readonly string[],
): OutgoingColumns {
  const { id, contentType, sentAt, trace, payload } = content;
  return {
    addresses,
    headers: {
      ...trace,
      "muster-version": VERSION,
      "muster-id": id,
      "muster-sent-at": String(sentAt),
      "content-type": contentType,
    },
    columns: { "muster-identity": identities, "muster-epoch": epochs.map(String) },
    body: payload,
  };
}

/** Where the acknowledgement of a message for one recipient goes, and what it calls that recipient. */
export interface SingleAwaiting {
  readonly replyTo: string;
  readonly frame: number;
  readonly place: number;
  readonly attempt: number;
}

/** Headers of a message for each of its recipients that is acknowledged; its body is the payload as it is. */
export function awaitedHeaders(
  content: Content,
  awaiting: Omit<SingleAwaiting, "place">,
): (identity: string, epoch: number, place: number) => Headers {
  const { id, contentType, trace } = content;
  const [sentAt, frame, attempt] = [String(content.sentAt), String(awaiting.frame), String(awaiting.attempt)];
  const { replyTo } = awaiting;
  // Written out, for there are as many as recipients: an object that is spread costs thirty times as much.
  const headersOf = (identity: string, epoch: number, place: number): Headers => ({
    "muster-version": VERSION,
    "muster-id": id,
    "muster-sent-at": sentAt,
    "content-type": contentType,
    "muster-identity": identity,
    "muster-epoch": String(epoch),
    "muster-reply-to": replyTo,
    "muster-frame": frame,
    "muster-place": String(place),
    "muster-attempt": attempt,
  });
  return trace === undefined
    ? headersOf
    : (identity, epoch, place) => ({ ...trace, ...headersOf(identity, epoch, place) });
}

/** Headers of the word that another life has taken over; its body is empty. */
export function replacedHeaders(identity: string, epoch: number): Headers {
  return {
    "muster-version": VERSION,
    "muster-kind": "replaced",
    "muster-identity": identity,
    "muster-epoch": String(epoch),
  };
}

/** A message to an identity address, as it arrived; a class for the reason that `Arrived` gives. */
export class RawMessage implements Content {
  readonly kind = "raw";
  readonly id: string;
  readonly contentType: string;
  readonly sentAt: number;
  readonly payload: Uint8Array;
  readonly identity: string;
  readonly epoch: number;
  /** `undefined`: nobody waits for an acknowledgement. */
  readonly awaiting: SingleAwaiting | undefined;

  constructor(headers: Headers, payload: Uint8Array, identity: string, epoch: number) {
    this.id = required("muster-id", headers["muster-id"]);
    this.contentType = required("content-type", headers["content-type"]);
    this.sentAt = requiredNumber("muster-sent-at", headers["muster-sent-at"]);
    this.payload = payload;
    this.identity = identity;
    this.epoch = epoch;
    this.awaiting = headers["muster-reply-to"] === undefined ? undefined : awaitingOf(headers);
  }
}

/**
 * Reads what arrived on an identity address.
 *
 * @throws UNSUPPORTED: another version, or not sent by Muster; INTERNAL: a header is missing or makes no sense.
 */
export function decodeRaw(headers: Headers, body: Uint8Array): RawMessage | ReplacedFrame {
  const version = headers["muster-version"];
  if (version !== VERSION) {
    const message = version === undefined ? "it was not sent by Muster" : `this release reads version ${VERSION}`;
    const feature = `message version ${version ?? "none"}`;
    throw new MusterError({
      code: "UNSUPPORTED",
      source: SOURCE,
      message: `${feature} is unknown: ${message}`,
      detail: { feature },
    });
  }
  const identity = required("muster-identity", headers["muster-identity"]);
  const epoch = requiredNumber("muster-epoch", headers["muster-epoch"]);
  if (headers["muster-kind"] === "replaced") return { kind: "replaced", identity, epoch };
  return new RawMessage(headers, body, identity, epoch);
}

function awaitingOf(headers: Headers): SingleAwaiting {
  return {
    replyTo: required("muster-reply-to", headers["muster-reply-to"]),
    frame: requiredNumber("muster-frame", headers["muster-frame"]),
    place: requiredNumber("muster-place", headers["muster-place"]),
    attempt: requiredNumber("muster-attempt", headers["muster-attempt"]),
  };
}

/** Its value is read where its name is written: one function that read all of them by name would take five times as long. */
function required(name: string, value: string | undefined): string {
  if (value === undefined || value === "") throw damaged(`the header ${name} is missing`);
  return value;
}

/** Digit by digit, which takes a third of what a pattern and `Number` take. */
function requiredNumber(name: string, text: string | undefined): number {
  const value = required(name, text);
  let number = value.length <= MAX_DIGITS ? 0 : Number.NaN;
  for (let index = 0; index < value.length; index += 1) {
    const digit = value.charCodeAt(index) - ZERO;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  if (Number.isNaN(number)) throw damaged(`the header ${name} is no whole number`);
  return number;
}

function damaged(message: string): MusterError<"INTERNAL"> {
  return new MusterError({ code: "INTERNAL", source: SOURCE, message: `a message was damaged on the way: ${message}` });
}
