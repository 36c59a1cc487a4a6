import { type Filter, FilterError, parseFilter } from "@muster/filter";
import { type IdentitySchema, MusterError } from "../slots/index.ts";

/**
 * The filter of a read: `null`, or none at all, is everyone, which slots write as `undefined`.
 *
 * @throws INVALID_FILTER, FILTER_TOO_COMPLEX, both with the path to the offending place.
 */
export function toFilter(input: unknown, schema: IdentitySchema | undefined, source: string): Filter | undefined {
  return input === undefined ? undefined : toTargets(input, schema, source);
}

/**
 * The filter of a multicast: `null` is everyone and must be written.
 *
 * @throws INVALID_FILTER, also for `undefined`; FILTER_TOO_COMPLEX.
 */
export function toTargets(input: unknown, schema: IdentitySchema | undefined, source: string): Filter | undefined {
  if (input === null) return undefined;
  try {
    return parseFilter(input, { schema });
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new MusterError({ code: error.code, source, message: error.message, detail: error.detail, cause: error });
  }
}
