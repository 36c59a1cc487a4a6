import type { Context } from "../context.ts";
import type { RegisteredIdentity } from "../fleet.ts";
import type { Projection } from "./projection.ts";
import { type Found, isAttached, livingSessions } from "./selection.ts";
import type { Call } from "../slots/index.ts";

/** As callers see them, in the same order; without a `view` metadata is empty. Asks once which of their sessions live. */
export async function toRegisteredIdentities(
  context: Context,
  found: readonly Found[],
  view: Projection | undefined,
  call: Call,
): Promise<readonly RegisteredIdentity[]> {
  const living = await livingSessions(context, found, call);
  return found.map((one) => {
    const { identity, metadata = {}, registeredAt, expiresAt, epoch, revision } = one;
    const attached = isAttached(one, living);
    const shown = view === undefined ? {} : view(metadata);
    const registered = { identity, metadata: shown, registeredAt, attached, epoch, revision };
    return expiresAt === undefined ? registered : { ...registered, expiresAt };
  });
}
