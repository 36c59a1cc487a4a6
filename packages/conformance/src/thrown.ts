/** What was thrown, as an error, whatever it was. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`it threw ${String(thrown)}`, { cause: thrown });
}
