/** Which slots carry a multicast of a given guarantee, and why they may not. */

import type { DeliveryGuarantee } from "../fleet.ts";
import type { ReceivingNode } from "../receiving/node.ts";
import { type DurabilityBackend, type MessagingBackend, MusterError, type OutboxBackend } from "../slots/index.ts";

/**
 * - `published`: to the broker, at most once.
 * - `acknowledged`: over the broker, again until the recipient has acknowledged it; its sender keeps it meanwhile.
 * - `kept`: by the durability slot, until the recipient has acknowledged it.
 * - `recorded`: in the outbox, with its sender's own writes; relays hand it over when those have committed.
 */
export type SendingPath =
  | { readonly by: "published"; readonly messaging: MessagingBackend }
  | { readonly by: "acknowledged"; readonly messaging: MessagingBackend; readonly node: ReceivingNode }
  | { readonly by: "kept"; readonly durability: DurabilityBackend; readonly guarantee: KeptGuarantee }
  | { readonly by: "recorded"; readonly outbox: OutboxBackend; readonly guarantee: KeptGuarantee };

/** What a durability slot is needed for, or makes better. */
export type KeptGuarantee = Exclude<DeliveryGuarantee, "at-most-once">;

/** The slots that sending looks at. */
export interface SendingSlots {
  readonly messaging: MessagingBackend | undefined;
  readonly durability: DurabilityBackend | undefined;
}

/** @throws UNSUPPORTED, with the reason: a weaker guarantee is never given in silence. */
export function sendingPath(
  slots: SendingSlots & { readonly node: ReceivingNode | undefined },
  delivery: DeliveryGuarantee,
  source: string,
): SendingPath {
  const { messaging, durability, node } = slots;
  const obstacle = obstacleTo(delivery, slots);
  if (obstacle !== undefined) throw unsupported(delivery, obstacle, source);
  if (delivery !== "at-most-once" && durability !== undefined) return { by: "kept", durability, guarantee: delivery };
  if (messaging !== undefined && delivery === "at-most-once") return { by: "published", messaging };
  if (messaging !== undefined && node !== undefined) return { by: "acknowledged", messaging, node };
  throw unsupported(delivery, "there is no messaging slot", source);
}

/** Of a multicast with a transaction. @throws UNSUPPORTED, with the reason. */
export function recordedPath(
  slots: SendingSlots & { readonly outbox: OutboxBackend | undefined },
  delivery: DeliveryGuarantee,
  source: string,
): SendingPath {
  const { outbox } = slots;
  if (outbox === undefined) throw unsupported("transaction", "this registry was opened without an outbox", source);
  if (delivery === "at-most-once")
    throw unsupported(delivery, "what commits with a transaction is kept until it is acknowledged", source);
  const obstacle = delivery === "exactly-once" ? obstacleTo(delivery, slots) : undefined;
  if (obstacle !== undefined) throw unsupported(delivery, obstacle, source);
  return { by: "recorded", outbox, guarantee: delivery };
}

/** Which slot it would take, of which there is none; `undefined`: it is there, open or not. */
export function missingSlot(delivery: DeliveryGuarantee, { messaging, durability }: SendingSlots): string | undefined {
  if (delivery === "at-most-once")
    return messaging === undefined ? "this registry was opened without a messaging slot" : undefined;
  if (delivery === "exactly-once")
    return durability === undefined ? "it takes a durability slot with transactions, and there is none" : undefined;
  return messaging === undefined && durability === undefined
    ? "this registry was opened without a messaging and without a durability slot"
    : undefined;
}

/** Why these slots, which are open, can't promise it; `undefined`: they can. */
function obstacleTo(delivery: DeliveryGuarantee, slots: SendingSlots): string | undefined {
  const { durability } = slots;
  const isTransactional = delivery !== "exactly-once" || durability?.transactions !== undefined;
  if (durability === undefined || isTransactional) return missingSlot(delivery, slots);
  return `it takes a durability slot with transactions, and ${durability.name} has none`;
}

export function unsupported(feature: string, message: string, source: string): MusterError<"UNSUPPORTED"> {
  return new MusterError({
    code: "UNSUPPORTED",
    source,
    subject: feature,
    message: `${feature} can't be promised: ${message}`,
    detail: { feature },
  });
}
