import { isObject, type JsonObject, type JsonValue, type Metadata } from "@muster/filter";
import { completeMetadata, copyOptions, type MetadataRules } from "./metadata.ts";
import { copyPatch, type JsonPatch, setOwn } from "./plain-json.ts";
import { Violations } from "./violations.ts";

/**
 * Metadata after an update: `patch` merged into `current` as RFC 7396 says, except that `undefined` deletes and `null` is
 * stored. Objects merge, arrays and everything else replace. The result is held to the same rules as at
 * registration, and deep-frozen if `current` is; defaults and times of the schema are not filled in again, so what was
 * deleted stays deleted.
 *
 * @throws INVALID_METADATA with all that is wrong, up to 100 violations; `current` is unchanged in any case.
 */
export function applyPatch(current: Metadata, patch: unknown, rules: MetadataRules): Metadata {
  const violations = new Violations();
  const { value } = copyPatch(patch, copyOptions(violations, rules));
  const merged = isPatch(value) ? merge(current, value) : undefined;
  return completeMetadata({ value: merged, leastBytes: Number.POSITIVE_INFINITY }, "update", violations, rules);
}

function merge(current: JsonObject, patch: JsonPatch): JsonObject {
  const merged: Record<string, JsonValue> = { ...current };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) delete merged[key];
    else setOwn(merged, key, isPatch(value) ? merge(ownObject(current, key), value) : value);
  }
  return Object.freeze(merged);
}

function ownObject(owner: JsonObject, key: string): JsonObject {
  const member = Object.hasOwn(owner, key) ? owner[key] : undefined;
  return isObject(member) ? member : {};
}

function isPatch(value: JsonPatch[string]): value is JsonPatch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
