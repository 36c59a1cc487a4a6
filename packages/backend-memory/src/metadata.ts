/** Metadata that nobody can change behind the store's back. */

import { isObject, type JsonValue, type Metadata } from "@muster/filter";

/**
 * Frozen metadata is taken as it is: core hands in nothing else, frozen throughout, and a copy would cost twenty times
 * what storing costs. Anything else is copied and then frozen, so that its owner may go on using it.
 */
export function ownMetadata(metadata: Metadata): Metadata {
  return Object.isFrozen(metadata) ? metadata : deepFreeze(structuredClone(metadata));
}

function deepFreeze<T extends JsonValue>(value: T): T {
  if (Array.isArray(value) || isObject(value)) for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
