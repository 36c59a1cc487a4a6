/** Getting something back that was lost with its connection. */

import { setTimeout as delay } from "node:timers/promises";
import { linkCall } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { NAME, postgresError } from "../errors.ts";

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface Restoring {
  /** As it stands in the source of errors. */
  readonly operation: string;
  /** How long one try may take. */
  patienceMs(): number;
  /** One try. */
  connect(call: PostgresCall): Promise<void>;
}

/**
 * Tries until it succeeds, again and again after growing pauses; resolves with false when `closing` has aborted before.
 *
 * @throws what trying again can't mend.
 */
export async function restored({ operation, patienceMs, connect }: Restoring, closing: AbortSignal): Promise<boolean> {
  const source = `${NAME}.${operation}`;
  for (let pauseMs = SHORTEST_PAUSE_MS; !closing.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    await delay(pauseMs * (0.5 + Math.random()), undefined, { ref: false });
    using call = linkCall({ signal: closing }, patienceMs(), source);
    try {
      await connect({ signal: call.signal, operation });
      return true;
    } catch (cause) {
      const error = postgresError(cause, source);
      if (!error.retryable && !closing.aborted) throw error;
    }
  }
  return false;
}
