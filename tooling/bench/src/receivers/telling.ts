import type { FromReceiver } from "./plan.ts";

/** From a receiving process to the sender. */
export function tell(message: FromReceiver): void {
  process.send?.(message);
}
