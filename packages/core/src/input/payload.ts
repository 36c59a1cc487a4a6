import { invalidArgument } from "../call.ts";
import type { Payload } from "../fleet.ts";

const SOURCE = "core.multicast";
/** `type/subtype` and parameters: printable ASCII, short enough for any broker's headers. */
const CONTENT_TYPE = /^[!-~]+\/[!-~][ -~]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const MAX_CONTENT_TYPE_LENGTH = 255;

export interface EncodedPayload {
  /** Nobody else's: what the caller does with its own array later changes nothing. */
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/**
 * The bytes of a payload and what they are: bytes as they are, a string as UTF-8, any other object as JSON.
 *
 * JSON means what can be read back: members that are `undefined` are left out, and everything else that
 * `JSON.stringify` would drop or turn into something else in silence is refused.
 *
 * @throws INVALID_ARGUMENT
 */
export function encodePayload(payload: Payload, contentType?: string): EncodedPayload {
  if (contentType !== undefined && !isContentType(contentType)) {
    throw invalidArgument(
      SOURCE,
      "contentType must be a MIME type of at most 255 printable ASCII characters, such as text/plain",
    );
  }
  if (payload instanceof Uint8Array) {
    return { bytes: new Uint8Array(payload), contentType: contentType ?? "application/octet-stream" };
  }
  if (typeof payload === "string") {
    if (LONE_SURROGATE.test(payload))
      throw invalidArgument(SOURCE, "the payload holds a lone surrogate, which UTF-8 has no form for");
    return { bytes: Buffer.from(payload), contentType: contentType ?? "text/plain; charset=utf-8" };
  }
  return { bytes: Buffer.from(jsonText(payload)), contentType: contentType ?? "application/json" };
}

function isContentType(value: unknown): boolean {
  return typeof value === "string" && value.length <= MAX_CONTENT_TYPE_LENGTH && CONTENT_TYPE.test(value);
}

function jsonText(payload: unknown): string {
  if (typeof payload !== "object" || payload === null) {
    throw invalidArgument(
      SOURCE,
      `a payload is bytes, a string or an object, not ${payload === null ? "null" : `a value of type ${typeof payload}`}`,
    );
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(payload, refuseLoss);
  } catch (cause) {
    if (cause instanceof TypeError) throw invalidArgument(SOURCE, `the payload is no JSON: ${cause.message}`);
    throw cause;
  }
  if (text === undefined) throw invalidArgument(SOURCE, "the payload's toJSON gives nothing");
  return text;
}

/** A replacer that changes nothing. `this` is the object or array that holds `value`. */
function refuseLoss(this: unknown, key: string, value: unknown): unknown {
  const loss = whatIsLost(value) ?? (value === undefined && Array.isArray(this) ? "undefined in an array" : undefined);
  if (loss !== undefined) throw invalidArgument(SOURCE, `the payload is no JSON: ${loss} at ${JSON.stringify(key)}`);
  return value;
}

function whatIsLost(value: unknown): string | undefined {
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Map || value instanceof Set || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return `a ${value.constructor.name}`;
  }
  return undefined;
}
