import { isObject, type JsonValue, type Metadata } from "@muster/filter";
import type { Limits } from "../limits.ts";
import { type Copied, type CopyOptions, copyJson } from "./plain-json.ts";
import { applySchema, isTimestampAt, type Step } from "../schema/apply.ts";
import { type IdentitySchema, MusterError } from "../slots/index.ts";
import { Violations } from "./violations.ts";

/** What metadata is held to, and what fills its gaps. */
export interface MetadataRules {
  readonly schema: IdentitySchema | undefined;
  readonly limits: Pick<Limits, "maxMetadataBytes">;
  readonly identity: string;
  /** Epoch ms, for fields with `auto: "now"`. */
  readonly now: number;
  /** Source of the errors, such as `core.register`. */
  readonly source: string;
}

/**
 * A character of JSON text has at most six bytes (`\u0001`) and counts as one or more, a number has at most 24 and counts
 * as one: no text is longer than this times its lower bound.
 */
const MOST_PER_LEAST = 24;

/**
 * Metadata to register: a deep-frozen copy of `value` as plain JSON, with the schema's primary key, defaults and times
 * filled in and its timestamps in canonical form. Nothing of `value` is kept, and no code of it runs.
 *
 * @throws INVALID_METADATA with all that is wrong, up to 100 violations.
 */
export function prepareMetadata(value: unknown, rules: MetadataRules): Metadata {
  const violations = new Violations();
  const copied = copyJson(value, copyOptions(violations, rules));
  return completeMetadata(copied, "register", violations, rules);
}

export function copyOptions(violations: Violations, { schema, limits }: MetadataRules): CopyOptions {
  return {
    maxBytes: limits.maxMetadataBytes,
    violations,
    allowsDate: schema && ((path) => isTimestampAt(schema, path)),
  };
}

/** The last steps of registering and of updating: the schema, and the size of the result. @throws INVALID_METADATA */
export function completeMetadata(
  copied: Copied<JsonValue>,
  step: Step,
  violations: Violations,
  rules: MetadataRules,
): Metadata {
  const { schema, limits, identity, now } = rules;
  const { value, leastBytes } = copied;
  if (!isObject(value)) {
    if (violations.list.length === 0) violations.add([], "is no object, which metadata must be");
    throw invalidMetadata(violations, rules);
  }
  const complete = schema === undefined ? value : applySchema(schema, value, { identity, now, step, violations });
  const isShort = complete === value && leastBytes * MOST_PER_LEAST <= limits.maxMetadataBytes;
  if (!isShort && violations.list.length === 0) checkSize(complete, violations, limits);
  if (violations.list.length > 0) throw invalidMetadata(violations, rules);
  return complete;
}

function checkSize(metadata: Metadata, violations: Violations, { maxMetadataBytes }: MetadataRules["limits"]): void {
  const bytes = Buffer.byteLength(JSON.stringify(metadata), "utf8");
  if (bytes > maxMetadataBytes) violations.add([], `takes ${bytes} bytes as JSON text, more than ${maxMetadataBytes}`);
}

function invalidMetadata(violations: Violations, { source, identity }: MetadataRules): MusterError<"INVALID_METADATA"> {
  const detail = { violations: violations.list };
  return new MusterError({
    code: "INVALID_METADATA",
    source,
    subject: identity,
    message: violations.summary(),
    detail,
  });
}
