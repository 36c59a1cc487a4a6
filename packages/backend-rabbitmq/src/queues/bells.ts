/** What processes tell each other. It may be lost: whoever comes back looks for itself. */

import type { DeadCode } from "@muster/core/slots";

export interface Bell {
  /** Which process rings. */
  readonly from: string;
  /** Something is parked for these. */
  readonly parked?: readonly string[];
  /** These are served there from now on. */
  readonly attached?: readonly (readonly [identity: string, epoch: number])[];
  readonly dropped?: {
    readonly targets: readonly (readonly [identity: string, epoch: number])[];
    readonly code: DeadCode;
    readonly reason: string;
  };
}

export function encodeBell(bell: Bell): Buffer {
  return Buffer.from(JSON.stringify(bell));
}

/** `undefined`: somebody else's. */
export function decodeBell(body: Buffer): Bell | undefined {
  try {
    const bell: unknown = JSON.parse(body.toString("utf8"));
    return typeof bell === "object" && bell !== null && "from" in bell ? (bell as Bell) : undefined; // From encodeBell.
  } catch {
    return undefined;
  }
}
