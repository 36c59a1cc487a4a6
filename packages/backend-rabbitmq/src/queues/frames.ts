/** What stands in a queue: a message once, and those whom it is for. */

import type { DeadCode, DurableMessage } from "@muster/core/slots";

/** More share their end: what one of them has acknowledged comes again if its process dies while another has not. */
const MAX_RECIPIENTS = 32;
const LENGTH_BYTES = 4;

export interface Recipient {
  readonly identity: string;
  /** That it was enqueued for. */
  readonly epoch: number;
  /** How often it has been tried. */
  readonly attempts: number;
}

interface Death {
  readonly code: DeadCode;
  readonly reason: string;
  /** Epoch ms. */
  readonly diedAt: number;
}

export interface Frame {
  readonly message: DurableMessage;
  /** Epoch ms, by the sender's clock. */
  readonly expiresAt: number;
  /** Epoch ms: its delay is longer than any queue's. */
  readonly notBefore?: number | undefined;
  readonly recipients: readonly Recipient[];
  readonly death?: Death | undefined;
}

interface Head extends Omit<DurableMessage, "payload" | "replyTo"> {
  readonly replyTo?: string | undefined;
  readonly expiresAt: number;
  readonly notBefore?: number | undefined;
  readonly death?: Death | undefined;
  readonly to: readonly (readonly [identity: string, epoch: number, attempts: number])[];
}

/** Four bytes that say how long the head is, the head as JSON, the payload. */
export function encodeFrame({ message, recipients, ...rest }: Frame): Buffer {
  const { payload, ...about } = message;
  const to = recipients.map(({ identity, epoch, attempts }) => [identity, epoch, attempts] as const);
  const head = Buffer.from(JSON.stringify({ ...about, ...rest, to } satisfies Head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, payload]);
}

/** `undefined`: somebody else's. */
export function decodeFrame(body: Buffer): Frame | undefined {
  try {
    const start = LENGTH_BYTES + body.readUInt32BE(0);
    const head = JSON.parse(body.toString("utf8", LENGTH_BYTES, start)) as Head; // As encodeFrame has written it.
    const { id, contentType, sentAt, guarantee, replyTo, expiresAt, notBefore, death, to } = head;
    const payload = body.subarray(start);
    return {
      message: { id, contentType, sentAt, guarantee, replyTo, payload },
      expiresAt,
      notBefore,
      death,
      recipients: to.map(([identity, epoch, attempts]) => ({ identity, epoch, attempts })),
    };
  } catch {
    return undefined;
  }
}

/** The same message for others, or for them in parts that a queue's message may have. */
export function* framesOf(frame: Frame, recipients: readonly Recipient[]): Generator<Frame, void, undefined> {
  for (let start = 0; start < recipients.length; start += MAX_RECIPIENTS)
    yield { ...frame, recipients: recipients.slice(start, start + MAX_RECIPIENTS) };
}
