/** How a multicast that something keeps begins: what is recorded of it, so that any process can complete it. */

import { createHash, randomUUID } from "node:crypto";
import { type Filter, formatFilter, isStorableText } from "@muster/filter";
import { invalidArgument } from "../../call.ts";
import type { Context } from "../../context.ts";
import type { MulticastOptions, Payload } from "../../fleet.ts";
import { encodePayload } from "../../input/payload.ts";
import { type DurableMessage, type MulticastStart, MusterError } from "../../slots/index.ts";
import { type KeptGuarantee, unsupported } from "../path.ts";

const SOURCE = "core.multicast";
const MAX_KEY_LENGTH = 256;
const CONTROL = /\p{Cc}/u;

/** What the caller of a multicast wants. */
export interface Wanted {
  /** `undefined`: everyone. */
  readonly targets: Filter | undefined;
  readonly payload: Payload;
  readonly guarantee: KeptGuarantee;
  readonly options: MulticastOptions<unknown>;
}

/** What is to keep it. */
export interface Keeper {
  readonly name: string;
  readonly maxPayloadBytes: number;
  readonly maxTtlMs: number;
  /** It knows what was sent under which key. */
  readonly remembers: boolean;
  /** Who wants to hear of acknowledgements. */
  readonly replyTo: string | undefined;
}

/** @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT, UNSUPPORTED */
export function startFor(
  { timing }: Pick<Context, "timing">,
  keeper: Keeper,
  { targets, payload, guarantee, options }: Wanted,
): MulticastStart {
  const { bytes, contentType } = encodePayload(payload, options.contentType);
  const { name, maxPayloadBytes: maxBytes } = keeper;
  if (bytes.byteLength > maxBytes) {
    const message = `the payload has ${bytes.byteLength} bytes, and ${name} takes ${maxBytes}`;
    const detail = { bytes: bytes.byteLength, maxBytes };
    throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source: SOURCE, message, detail });
  }
  const message: DurableMessage = {
    id: randomUUID(),
    contentType,
    sentAt: Date.now(),
    guarantee,
    replyTo: keeper.replyTo,
    payload: bytes,
  };
  const filter = targets === undefined ? null : JSON.stringify(formatFilter(targets));
  const idempotencyKey = keyOf(options, keeper);
  return {
    message,
    filter,
    idempotencyKey,
    ttlMs: ttlOf(options, timing.messageTtlMs, keeper),
    digest: digestOf(message, filter),
  };
}

/** @throws IDEMPOTENCY_CONFLICT: what stands under the key is another multicast. */
export function checkSame(standing: string, { digest, idempotencyKey }: MulticastStart): void {
  if (standing === digest) return;
  const message = "another filter, payload, content type or guarantee was sent under this key";
  throw new MusterError({ code: "IDEMPOTENCY_CONFLICT", source: SOURCE, subject: idempotencyKey, message });
}

/** The same for the same filter, payload, content type and guarantee: what one idempotency key may stand for. */
function digestOf({ contentType, guarantee, payload }: DurableMessage, filter: string | null): string {
  const hash = createHash("sha256");
  // A length before each part, so that no two lists of parts read the same.
  for (const part of [filter ?? "null", contentType, guarantee, payload]) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest("base64url");
}

function keyOf({ idempotencyKey }: MulticastOptions<unknown>, { name, remembers }: Keeper): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  const isKey =
    typeof idempotencyKey === "string" &&
    idempotencyKey !== "" &&
    idempotencyKey.length <= MAX_KEY_LENGTH &&
    isStorableText(idempotencyKey) &&
    !CONTROL.test(idempotencyKey);
  if (!isKey)
    throw invalidArgument(SOURCE, `idempotencyKey must have 1–${MAX_KEY_LENGTH} characters and no control characters`);
  if (!remembers) throw unsupported("idempotencyKey", `${name} does not remember what was sent`, SOURCE);
  return idempotencyKey;
}

function ttlOf({ ttlMs }: MulticastOptions<unknown>, defaultMs: number, { maxTtlMs }: Keeper): number {
  if (ttlMs === undefined) return Math.min(defaultMs, maxTtlMs);
  if (typeof ttlMs === "number" && ttlMs > 0 && ttlMs <= maxTtlMs) return ttlMs;
  throw invalidArgument(SOURCE, `ttlMs must be a number of ms above 0, and at most ${maxTtlMs} here`);
}
