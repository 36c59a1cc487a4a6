import type { Limits } from "../limits.ts";
import { MusterError } from "../slots/index.ts";

/**
 * A time to live in whole ms, rounded up; `undefined` for ever, which is how slots say what callers write as `null`.
 *
 * @throws INVALID_ARGUMENT: not a positive finite number, above `limits.maxTtlMs` (it is refused, not clamped), or `null`
 * where there is such a limit.
 */
export function checkTtl(ttlMs: unknown, limits: Pick<Limits, "maxTtlMs">, source: string): number | undefined {
  const { maxTtlMs } = limits;
  if (ttlMs === null) {
    if (maxTtlMs === undefined) return undefined;
    throw invalid(`null (for ever) is refused: this namespace allows at most ${maxTtlMs} ms`, source);
  }
  if (typeof ttlMs !== "number" || !(ttlMs > 0))
    throw invalid("it is a positive number of ms, or null for ever", source);
  const whole = Math.ceil(ttlMs);
  if (!Number.isSafeInteger(whole)) throw invalid("it is a finite number of ms; for ever is null", source);
  if (maxTtlMs !== undefined && whole > maxTtlMs)
    throw invalid(`${whole} ms is more than the ${maxTtlMs} ms this namespace allows`, source);
  return whole;
}

function invalid(problem: string, source: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject: "ttlMs", message: problem });
}
