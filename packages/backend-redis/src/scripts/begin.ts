import type { RegistryKeys } from "../keys.ts";
import { LOG_CHANGES } from "./changes.ts";
import { REINDEX } from "./index-entries.ts";
import { type Script, script } from "./script.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

/** The keys of the script, in its order. `indexes`: as `writeKeys` has them. */
export function beginKeys(keys: RegistryKeys, indexes: readonly string[]): readonly string[] {
  const { stamps, records, order, members, expiring, changes, catalogue, values } = keys;
  const plain = [stamps, records, order, members, expiring.due, changes, catalogue];
  return indexes.length === 0 ? plain : [...plain, values, ...indexes];
}

const KEY_NAMES = `
local stamps, records, order, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local due, changes, catalogue = KEYS[5], KEYS[6], KEYS[7]
`;

/** Gives up on whatever is not plain, before it has written anything. Instants are texts: they are only written down. */
const DECIDE = `
local call = redis.call
local identity, bound_to, session, ttl, record = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[9]
local found, time = call('HMGET', stamps, '', identity, bound_to), call('TIME')
if found[2] or ARGV[2] ~= '' and call('ZCARD', order) >= tonumber(ARGV[2]) then return end
local epoch = string.format('%s%06d', time[1], time[2])
local now = string.sub(epoch, 1, -4)
local expiry, ends = 'never', false
if bound_to ~= '' then
  local lives_until = found[3] and string.match(found[3], '^1%zs%z([^%z]+)')
  if not lives_until or tonumber(lives_until) and tonumber(lives_until) <= tonumber(now) then return end
  expiry = 'bound'
elseif ttl ~= '' then
  expiry, ends = string.format('%.0f', now + math.ceil(ttl)), true
end
`;

/** Scores are texts, too: a number is printed with all its digits on its way into a command. */
const STORE = `
if found[1] and tonumber(found[1]) >= tonumber(epoch) then epoch = string.format('%.0f', found[1] + 1) end
local life = '\\0' .. epoch .. '\\0001\\0' .. now .. '\\0' .. ttl .. '\\0' .. session .. '\\0' .. ARGV[7] .. '\\0'
call('HSET', stamps, '', epoch, identity, '1\\0s\\0' .. expiry .. life .. ARGV[8] .. '\\0' .. #record)
call('HSET', records, identity, record)
call('ZADD', order, '0', identity)
if session ~= '' then call('ZADD', members, '0', session .. '\\0' .. identity) end
if ends then call('ZADD', due, expiry, identity) end
log_changes(changes, { identity })
if ARGV[10] then
${REINDEX}
  reindex(KEYS[8], { unpack(KEYS, 9) }, { identity }, { '' }, { ARGV[10] })
end
return { now, epoch }
`;

/**
 * Stores one entry that is to be created, where nothing at all is known of its identity, as `setScript` would: that one
 * sets up so much for its batch that a batch of one takes it twice as long.
 *
 * Keys: `beginKeys`. Arguments: the catalogue's version; most registrations the namespace may count, or nothing; the identity,
 * which is no session's; the identity of the session it is bound to, or nothing; session, ttlMs, address, attempt,
 * record; and, where there are indexes, packed values.
 *
 * Result: `stale catalogue`; the time and the epoch, in digits; or nothing, when it has done nothing because something is known of
 * the identity, its session does not live, or the namespace is full: `setScript` decides then.
 *
 * Atomic because what it decides by is read, and only then is anything written, in one piece.
 */
export const beginScript: Script = script({
  name: "setMany",
  lua: [KEY_NAMES, CHECK_CATALOGUE, LOG_CHANGES, DECIDE, STORE],
});
