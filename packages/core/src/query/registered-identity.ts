import type { Context } from "../context.ts";
import type { RegisteredIdentity } from "../fleet.ts";
import type { Projection } from "./projection.ts";
import { isAttached, livingSessions } from "./selection.ts";
import type { Call, Registration } from "../slots/index.ts";

/** Records as callers see them, in the same order; asks once which of their sessions live. */
export async function toRegisteredIdentities(
  context: Context,
  registrations: readonly Registration[],
  view: Projection,
  call: Call,
): Promise<readonly RegisteredIdentity[]> {
  const living = await livingSessions(context, registrations, call);
  return registrations.map((registration) => {
    const { identity, metadata, registeredAt, expiresAt, epoch, revision } = registration;
    const attached = isAttached(registration, living);
    return {
      identity,
      metadata: view(metadata),
      registeredAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      attached,
      epoch,
      revision,
    };
  });
}
