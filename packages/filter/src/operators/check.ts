import type { JsonObject, JsonValue } from "../ast.ts";

/** Decides about a present value. */
export type Check = (value: JsonValue) => boolean;

/**
 * Decides about the member of an object by plain property read: an absent member is false. It may be shown an inherited
 * member, or one of an array, and whatever it says of that is not believed.
 */
export type MemberTest = (object: JsonObject) => boolean;

/** One comparison, before it is known which member it is asked of. */
export type ByKey = (key: string) => MemberTest;

/** The comparisons asked most often read the member themselves, which saves a call; all others are checks of a value. */
export function byKey(check: Check): ByKey {
  return (key) => (object) => {
    const value = object[key];
    return value !== undefined && check(value);
  };
}
