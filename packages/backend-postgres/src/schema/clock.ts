/** The server's clock, in epoch ms. */

import type { Names } from "../keys.ts";

/**
 * `now_ms()`: when the statement began, for reads: before it saw anything, so that what is renewed meanwhile is never
 * taken for expired. `clock_ms()`: this very moment, for what has waited for a lock.
 */
export function clock(names: Names): readonly string[] {
  return [
    `create function ${names.call("now_ms")}() returns bigint language sql stable parallel safe
      as $$ select floor(extract(epoch from statement_timestamp()) * 1000)::bigint $$`,
    `create function ${names.call("clock_ms")}() returns bigint language sql volatile
      as $$ select floor(extract(epoch from clock_timestamp()) * 1000)::bigint $$`,
  ];
}
