/** What a session leaves behind: registrations without an expiry of their own, which nothing keeps alive any more. */

import type { Call, Lease, RegistryBackend, Route } from "../slots/index.ts";

const PAGE = 1_000;

/** Names one life of an identity. */
type EpochKey = Pick<Route, "identity" | "epoch">;

/**
 * Lets everything a session kept alive expire by itself, `ttlMs` after `renewedAt`: from now on it is offline. What has no
 * TTL stays. Repeating it changes nothing.
 *
 * @throws what `scanRoutes` and `renewMany` throw; what was stamped until then stays stamped.
 */
export async function stampLeftovers(
  registry: RegistryBackend,
  session: string,
  renewedAt: number,
  call: Call,
): Promise<void> {
  for await (const page of registry.scanRoutes({ session, pageSize: PAGE }, call)) {
    const leases = page.flatMap((route) => leaseFor(route, renewedAt));
    if (leases.length > 0) await registry.renewMany(leases, call);
  }
}

/**
 * Ends these at once, but as the expired end: their queues wait out their grace. `past` is an instant that has passed, by the
 * store's clock; what has an expiry of its own behind it can't be ended that way, and is deleted.
 *
 * @throws what `renewMany` and `deleteMany` throw.
 */
export async function expireNow(
  registry: RegistryBackend,
  keys: readonly EpochKey[],
  past: number,
  call: Call,
): Promise<void> {
  const outcomes = await registry.renewMany(
    keys.map(({ identity, epoch }) => ({ identity, epoch, expiresAt: past })),
    call,
  );
  const standing = keys.filter((_, index) => {
    const outcome = outcomes[index];
    return outcome === "never" || (typeof outcome === "number" && outcome > past);
  });
  if (standing.length > 0) await registry.deleteMany(standing, call);
}

/** As {@link expireNow}, for everything a session serves, whoever knows of it. */
export async function expireLeftovers(
  registry: RegistryBackend,
  session: string,
  past: number,
  call: Call,
): Promise<void> {
  for await (const page of registry.scanRoutes({ session, pageSize: PAGE }, call)) {
    if (page.length > 0) await expireNow(registry, page, past, call);
  }
}

/** Deletes everything a session serves, whoever knows of it. @throws what `scanRoutes` and `deleteMany` throw. */
export async function deleteLeftovers(registry: RegistryBackend, session: string, call: Call): Promise<void> {
  for await (const page of registry.scanRoutes({ session, pageSize: PAGE }, call)) {
    if (page.length > 0)
      await registry.deleteMany(
        page.map(({ identity, epoch }) => ({ identity, epoch })),
        call,
      );
  }
}

function leaseFor({ identity, epoch, expiresAt, ttlMs }: Route, renewedAt: number): readonly Lease[] {
  return expiresAt !== undefined || ttlMs === undefined ? [] : [{ identity, epoch, expiresAt: renewedAt + ttlMs }];
}
