/** A scan that outlives a registry's bad moments. */

import { codedError } from "../call.ts";
import type { Call, Route } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";
import { backoffMs, gaveUp, pause } from "../tasks/retry.ts";

const SOURCE = "core.scan";

/**
 * The pages of `scan`, which is begun again behind the last identity that was handed out when it fails and may succeed
 * later, until the call ends.
 *
 * @throws TIMEOUT, ABORTED; otherwise what the scan throws for good.
 */
export async function* resumed<Item extends Route>(
  scan: (after: string | undefined) => AsyncIterable<readonly Item[]>,
  first: string | undefined,
  call: Call,
): AsyncGenerator<readonly Item[], void, undefined> {
  let after = first;
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const page of scan(after)) {
        after = page.at(-1)?.identity ?? after;
        tries = 0;
        yield page;
      }
      return;
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      if (!error.retryable || hasEnded(call)) throw error;
      await pause(backoffMs(tries), call);
      if (hasEnded(call)) throw gaveUp(call, SOURCE, false, error);
    }
  }
}
