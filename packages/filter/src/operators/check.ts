import type { JsonValue } from "../ast.ts";

/** Decides about a present value; may also be shown an inherited member of an object, and then anything it says is ignored. */
export type Check = (value: JsonValue) => boolean;
