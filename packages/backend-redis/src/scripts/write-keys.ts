/** The keys that every script which writes gets, in this order, and what the script calls them. */

import type { RegistryKeys } from "../keys.ts";

/** `indexes`: keys of the indexes in the order of the catalogue, for scripts that maintain them; else none. */
export function writeKeys(keys: RegistryKeys, indexes: readonly string[]): readonly string[] {
  const { expiring, expiringSessions, graves } = keys;
  return [
    keys.stamps,
    keys.records,
    keys.order,
    keys.members,
    expiring.due,
    expiring.claimed,
    expiringSessions.due,
    expiringSessions.claimed,
    graves.due,
    graves.claimed,
    keys.changes,
    keys.catalogue,
    keys.values,
    ...indexes,
  ];
}

/** The Lua side of {@link writeKeys}; a queue is a table of two keys. */
export const WRITE_KEYS = `
local stamps, records, order, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expiring = { due = KEYS[5], claimed = KEYS[6] }
local expiring_sessions = { due = KEYS[7], claimed = KEYS[8] }
local graves = { due = KEYS[9], claimed = KEYS[10] }
local changes, catalogue, values, indexes = KEYS[11], KEYS[12], KEYS[13], { unpack(KEYS, 14) }
`;

/** What a script answers that has been sent with another catalogue than the namespace has: it has done nothing. */
export const STALE_CATALOGUE = "stale catalogue";

/** Ends a script that maintains indexes, before it has done anything, unless it has been sent for this catalogue. */
export const CHECK_CATALOGUE: string = `
if (redis.call('HGET', catalogue, 'version') or '0') ~= ARGV[1] then return '${STALE_CATALOGUE}' end
`;
