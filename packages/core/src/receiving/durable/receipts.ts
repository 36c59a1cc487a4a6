/** Hints to senders: whose recipients have settled what. Best effort; the store knows the truth. */

import type { Background } from "../../tasks/background.ts";
import type { Call, DurableMessage, MessagingBackend, Outgoing } from "../../slots/index.ts";
import { encodeReceipts, type FailedReceipt } from "../../wire/receipts.ts";
import type { Lease } from "./lease.ts";

const SOURCE = "core.receipts";
const TIMEOUT_MS = 5_000;

/** For one message. */
interface Hint {
  readonly message: DurableMessage;
  readonly replyTo: string;
  readonly delivered: string[];
  readonly failed: FailedReceipt[];
}

/** In the background, after the store was told of them. */
export function sendReceipts(
  { messaging, background }: { readonly messaging: MessagingBackend; readonly background: Background },
  told: readonly Lease[],
): void {
  const hints = hintsOf(told);
  if (hints.length === 0) return;
  background.run(SOURCE, TIMEOUT_MS, async (call) => {
    try {
      await publish(
        messaging,
        hints.flatMap((hint) => framesOf(hint, messaging.traits.maxPayloadBytes)),
        call,
      );
    } catch {
      // Whoever waits for it asks the store.
    }
  });
}

/** One for each message and address. */
function hintsOf(told: readonly Lease[]): readonly Hint[] {
  const hints = new Map<string, Hint>();
  let last: Hint | undefined;
  for (const { message, identity, settlement } of told) {
    const { replyTo } = message;
    const as = settlement?.as ?? "ack";
    if (replyTo === undefined || as === "retry" || as === "release") continue;
    if (last?.message !== message) {
      const key = `${replyTo}\n${message.id}`;
      last = hints.get(key) ?? { message, replyTo, delivered: [], failed: [] };
      hints.set(key, last);
    }
    if (settlement?.as === "dead") {
      const { code, reason } = settlement;
      last.failed.push({ identity, code, reason });
    } else last.delivered.push(identity);
  }
  return [...hints.values()];
}

/** As many as it takes; whom alone is too large for one nobody is told of. */
function framesOf(hint: Hint, maxBytes: number): readonly Outgoing[] {
  const { message, replyTo, delivered, failed } = hint;
  const body = encodeReceipts({ id: message.id, delivered, failed });
  if (body.byteLength <= maxBytes) return [{ address: replyTo, headers: {}, body }];
  const half = Math.ceil((delivered.length + failed.length) / 2);
  if (half <= 1 && delivered.length + failed.length <= 1) return [];
  const [first, rest] = [delivered.slice(0, half), delivered.slice(half)];
  const room = half - first.length;
  return [
    ...framesOf({ ...hint, delivered: first, failed: failed.slice(0, room) }, maxBytes),
    ...framesOf({ ...hint, delivered: rest, failed: failed.slice(room) }, maxBytes),
  ];
}

async function publish(messaging: MessagingBackend, frames: readonly Outgoing[], call: Call): Promise<void> {
  const { maxBatch } = messaging.traits;
  for (let start = 0; start < frames.length; start += maxBatch)
    await messaging.publishMany(frames.slice(start, start + maxBatch), call);
}
