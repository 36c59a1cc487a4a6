import type { RegistryKeys } from "../keys.ts";
import { addChange } from "./changes.ts";
import { REINDEX } from "./index-entries.ts";
import { type Script, script } from "./script.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

/** The keys of the script, in its order. `indexes`: as `writeKeys` has them. */
export function beginKeys(keys: RegistryKeys, indexes: readonly string[]): readonly string[] {
  const { stamps, records, order, members, expiring, changes, catalogue, values } = keys;
  const plain = [stamps, records, order, members, expiring.due, changes, catalogue];
  return indexes.length === 0 ? plain : [...plain, values, ...indexes];
}

const NAMES = `
local call, stamps, identity, session = redis.call, KEYS[1], ARGV[3], ARGV[4]
local catalogue = KEYS[7]
`;

/** Gives up on whatever is not plain, before it has written anything. Instants are texts: they are only written down. */
const DECIDE = `
local found, time = call('HMGET', stamps, '', identity, ARGV[5]), call('TIME')
if found[2] or ARGV[2] ~= '' and call('ZCARD', KEYS[3]) >= tonumber(ARGV[2]) then return end
local epoch = string.format('%s%06d', time[1], time[2])
local now = string.sub(epoch, 1, -4)
local expiry, ends = 'never', false
if ARGV[5] ~= '' then
  local lives_until = string.match(found[3] or '', '^1%zs%z([^%z]+)')
  if not lives_until or tonumber(lives_until) and tonumber(lives_until) <= tonumber(now) then return end
  expiry = 'bound'
elseif ARGV[6] ~= '' then
  expiry, ends = string.format('%.0f', now + math.ceil(ARGV[6])), true
end
`;

/** Scores are texts, too: a number is printed with all its digits on its way into a command. */
const STORE = `
local reply = tonumber(epoch)
if found[1] and tonumber(found[1]) >= reply then
  epoch = string.format('%.0f', found[1] + 1)
  reply = { now, epoch }
end
call('HSET', stamps, '', epoch, identity, '1\\0s\\0' .. expiry .. '\\0' .. epoch .. '\\0001\\0' .. now .. ARGV[7])
call('HSET', KEYS[2], identity, ARGV[8])
call('ZADD', KEYS[3], '0', identity)
if session ~= '' then call('ZADD', KEYS[4], '0', session .. '\\0' .. identity) end
if ends then call('ZADD', KEYS[5], expiry, identity) end
${addChange("KEYS[6]", "identity")}
if ARGV[9] then
${REINDEX}
  reindex(KEYS[8], { unpack(KEYS, 9) }, { identity }, { '' }, { ARGV[9] })
end
return reply
`;

/**
 * Stores one entry that is to be created, where nothing at all is known of its identity, as `setScript` would: that one
 * sets up so much for its batch that a batch of one takes it twice as long.
 *
 * Keys: `beginKeys`. Arguments: the catalogue's version; most registrations the namespace may count, or nothing; the identity,
 * which is no session's; its session, or nothing; the identity of the session it is bound to, or nothing; ttlMs, where it
 * may end by itself, or nothing; the end of its stamp (`stampEnd`); its record; and, where there are indexes, packed values.
 *
 * Result: `stale catalogue`; the epoch, in µs of the time; the time, in ms, and the epoch, both in digits, where that is
 * another; or nothing, when it has done nothing because something is known of the identity, its session does not live, or
 * the namespace is full: `setScript` decides then.
 *
 * Atomic because what it decides by is read, and only then is anything written, in one piece.
 */
export const beginScript: Script = script({
  name: "setMany",
  lua: [NAMES, CHECK_CATALOGUE, DECIDE, STORE],
});
