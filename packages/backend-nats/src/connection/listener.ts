import type { Msg } from "@nats-io/transport-node";

/** Who is told of what comes to a subscription. */
export interface Listener {
  /**
   * Of `bytes`, which nobody changes any more, those from `headersAt` to before `bodyAt` are the headers, if there are any,
   * and those from there to before `end` the body. The rest belongs to others.
   */
  take(bytes: Buffer, headersAt: number, bodyAt: number, end: number): void;
  /** The server has refused the subscription, or withdrawn it. */
  refuse(error: Error): void;
}

/** What the driver keeps of a message besides what it shows: it takes longer to read headers than for all the rest. */
interface RawMessage {
  readonly _msg?: { readonly hdr: number };
  readonly _rdata?: Uint8Array;
}

/** Gives a listener what the driver has read. */
export function passOn(message: Pick<Msg, "headers" | "data">, listener: Listener): void {
  const { _msg, _rdata } = message as RawMessage;
  if (_msg !== undefined && _rdata !== undefined) {
    listener.take(bufferOf(_rdata), 0, Math.max(0, _msg.hdr), _rdata.length);
    return;
  }
  const headers = Buffer.from(blockOf(message));
  const bytes = Buffer.concat([headers, message.data]);
  listener.take(bytes, 0, headers.length, bytes.length);
}

/** The same bytes. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function blockOf({ headers }: Pick<Msg, "headers">): string {
  if (headers === undefined) return "";
  const lines = Array.from(headers, ([name, values]) => values.map((value) => `${name}: ${value}\r\n`).join(""));
  return `NATS/1.0\r\n${lines.join("")}\r\n`;
}
