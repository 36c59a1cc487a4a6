/**
 * Headers as AMQP has them: `content-type` is the property of that name, `muster-id` is the message id, and every other header
 * stands in the table of headers, each entry of which the server takes apart.
 */

import type { MessageProperties } from "amqplib";
import type { Headers, MusterError } from "@muster/core/slots";
import { invalid } from "./errors.ts";

/** Carries the address where the routing key can't. Not among the headers of a delivery. */
export const ADDRESS_HEADER = "muster-address";
export const CONTENT_TYPE = "content-type";
export const ID = "muster-id";
/** What the protocol lets a name and a property have, in bytes. */
const MAX_SHORT_BYTES = 255;

export interface Properties {
  readonly contentType?: string;
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws INVALID_ARGUMENT: a name that no header can have. */
export function propertiesOf(headers: Headers): Properties {
  const table: Record<string, string> = {};
  let contentType: string | undefined;
  let messageId: string | undefined;
  let isBare = true;
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (name === CONTENT_TYPE && isShort(value)) {
      contentType = value;
      continue;
    }
    if (name === ID && isShort(value)) {
      messageId = value;
      continue;
    }
    if (!isShort(name) || name === "" || name === "__proto__") throw badName(name);
    table[name] = value;
    isBare = false;
  }
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(isBare ? {} : { headers: table }),
  };
}

/** Names in lower case; of foreign senders' values, text, numbers and booleans as text, and nothing else. */
export function headersOf({
  contentType,
  messageId,
  headers,
}: Pick<MessageProperties, "contentType" | "messageId" | "headers">): Headers {
  const all: Record<string, string> = {};
  if (typeof contentType === "string" && contentType !== "") all[CONTENT_TYPE] = contentType;
  if (typeof messageId === "string" && messageId !== "") all[ID] = messageId;
  for (const name in headers) {
    if (name === ADDRESS_HEADER) continue;
    const text = textOf(headers[name]);
    if (text !== "") all[name.toLowerCase()] = text;
  }
  return all;
}

export function addressIn({ headers }: Pick<MessageProperties, "headers">): string | undefined {
  const address: unknown = headers?.[ADDRESS_HEADER];
  return typeof address === "string" ? address : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function isShort(text: string): boolean {
  return text.length * 3 <= MAX_SHORT_BYTES || Buffer.byteLength(text) <= MAX_SHORT_BYTES;
}

function badName(name: string): MusterError {
  return invalid(`a header's name has 1 to ${MAX_SHORT_BYTES} bytes`, { operation: "publishMany", subject: name });
}
