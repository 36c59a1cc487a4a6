import type { Context } from "./context.ts";
import type { RegisteredIdentity } from "./fleet.ts";
import { checkIdentity } from "./input/identity.ts";
import { toRegisteredIdentities } from "./query/registered-identity.ts";
import type { Call } from "./slots/index.ts";
import { retry } from "./tasks/retry.ts";

const SOURCE = "core.get";

/** The registration as it stands; `undefined` for the unknown and the expired. @throws INVALID_IDENTITY */
export async function get(context: Context, identity: string, call: Call): Promise<RegisteredIdentity | undefined> {
  const checked = checkIdentity(identity, SOURCE, context.registry.traits.maxIdentityBytes);
  const [registration] = await retry(call, SOURCE, () => context.registry.getMany([checked], call));
  if (registration === undefined) return undefined;
  const [found] = await toRegisteredIdentities(context, [registration], (metadata) => metadata, call);
  return found;
}
