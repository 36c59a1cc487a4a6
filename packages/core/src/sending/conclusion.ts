/** How a multicast ends for its caller. */

import { type Call, isMusterError, type MulticastReport, MusterError } from "../slots/index.ts";
import type { FanOutEnd } from "./fan-out.ts";
import type { Tally } from "./report.ts";

const SOURCE = "core.multicast";

/** @throws ABORTED, with the report in `detail`, when the caller gave up or its `onReceipts` threw. */
export async function conclude(
  id: string,
  tally: Tally,
  { incomplete, cause }: FanOutEnd,
  call: Call,
): Promise<MulticastReport> {
  await tally.show();
  const report = tally.report(id, incomplete);
  const aborted = tally.refusal ?? (cause?.code === "ABORTED" ? cause : abortedByCaller(call));
  if (aborted === undefined) return report;
  const message = "the caller gave up; what was done until then stands in detail.report";
  throw new MusterError({
    code: "ABORTED",
    source: SOURCE,
    message,
    mayHaveApplied: report.deliveredCount + report.pendingCount + report.timeoutCount > 0,
    detail: { report },
    cause: aborted,
  });
}

function abortedByCaller({ signal }: Call): unknown {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return isMusterError(reason, "ABORTED") ? reason : undefined;
}
