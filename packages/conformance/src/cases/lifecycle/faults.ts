/** What a case does while its server can't be reached, or while its answers are lost. */

import assert from "node:assert/strict";
import { type Backend, linkCall, type MusterError } from "@muster/core/slots";
import type { CaseContext } from "../../case.ts";
import { PATIENCE_MS } from "../../eventually.ts";
import type { ServerFaults } from "../../subject.ts";
import type { Staged } from "./operations.ts";
import { expectRejected, outcomeOf } from "./outcome.ts";

/** Does something while a fault lasts, and heals whatever happens. */
export async function during<B extends Backend, T>(
  { subject }: CaseContext<B>,
  fault: "cut" | "dropReplies",
  work: () => Promise<T>,
): Promise<T> {
  const faults = faultsOf(subject.faults);
  try {
    await faults[fault]?.();
    return await work();
  } finally {
    await faults.heal();
  }
}

function faultsOf(faults: ServerFaults | undefined): ServerFaults {
  assert.ok(faults !== undefined, "the faults that were there when the run was planned");
  return faults;
}

/** Asserts that it fails as when nobody answers, in good time. */
export async function expectNoAnswer<B extends Backend>(
  ctx: CaseContext<B>,
  name: string,
  run: Staged["run"],
): Promise<MusterError> {
  const timeoutMs = PATIENCE_MS / 4;
  using call = linkCall({ timeoutMs }, timeoutMs, "conformance");
  const error = await expectRejected(ctx, name, run(call), "UNAVAILABLE", "TIMEOUT");
  assert.equal(error.retryable, true, "it may be tried again");
  return error;
}

/** As {@link expectNoAnswer}, of what may do without one. */
export async function expectNoneOrDone<B extends Backend>(
  ctx: CaseContext<B>,
  name: string,
  run: Staged["run"],
): Promise<void> {
  const timeoutMs = PATIENCE_MS / 4;
  using call = linkCall({ timeoutMs }, timeoutMs, "conformance");
  const error = await outcomeOf(ctx, name, run(call));
  assert.ok(error === undefined || ["UNAVAILABLE", "TIMEOUT"].includes(error.code), `it rejected with ${error?.code}`);
}
