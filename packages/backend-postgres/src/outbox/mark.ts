/** Ending a statement on a connection that is not ours, which may wait for others as long as they like. */

import { randomBytes } from "node:crypto";
import type { Ledger } from "./ledger.ts";

/** In front of a statement, so that it can be told from all others that are under way. */
export function newMark(): string {
  return `/* muster ${randomBytes(12).toString("hex")} */ `;
}

/**
 * Ends the statement with that mark, if it is still under way. What is sent behind it only when this has resolved is not hit in
 * its place. Rejects when the server says nothing in time, or lets this user end nothing of that one's.
 */
export async function cancelMarked({ client, sql }: Ledger, mark: string, patienceMs: number): Promise<void> {
  await client.query(sql.cancel, [mark], { signal: AbortSignal.timeout(patienceMs), operation: "record" });
}
