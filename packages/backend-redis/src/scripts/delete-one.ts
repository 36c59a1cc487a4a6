import { LOG_CHANGES } from "./changes.ts";
import { type Script, script } from "./script.ts";
import { STAMP_PATTERN, UNKNOWN_STAMP } from "./stamps.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

const NAMES = `
local call, stamps, records, order, members = redis.call, KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local due, changes, catalogue, values = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local identity, key = ARGV[2], ARGV[3]
`;

/** Of the clock it asks only where something expires by itself. */
const DECIDE = `
local text = call('HGET', stamps, identity)
if not text then return 'a' end
local state, expiry, epoch, _, _, _, session, _, attempt = string.match(text, '${STAMP_PATTERN}')
if not state then ${UNKNOWN_STAMP} end
if state ~= 's' then return 'a' end
local ends = tonumber(expiry)
if ends then
  local time = call('TIME')
  if ends <= time[1] * 1000 + math.floor(time[2] / 1000) then return 'a' end
end
if key ~= 'e' .. epoch and key ~= 'a' .. attempt then return 'f' end
`;

const ERASE = `
call('HDEL', stamps, identity)
call('HDEL', records, identity)
call('ZREM', order, identity)
if session ~= '' then call('ZREM', members, session .. '\\0' .. identity) end
if ends then call('ZREM', due, identity) end
local packed = values and call('HGET', values, identity)
if packed then
  call('HDEL', values, identity)
  local at = 1
  for n = 9, #KEYS do
    local nul = string.find(packed, '\\0', at, true)
    local value = string.sub(packed, at, (nul or 0) - 1)
    if value ~= '' then call('ZREM', KEYS[n], value .. '\\0' .. identity) end
    if not nul then break end
    at = nul + 1
  end
end
log_changes(changes, { identity })
return 'd'
`;

/**
 * Removes one registration, as `deleteScript` would: that one sets up so much for its batch that a batch of one takes it
 * twice as long.
 *
 * Keys: `beginKeys`. Arguments: the catalogue's version; the identity, which is no session's; `e` with an epoch or `a`
 * with an attempt.
 *
 * Result: `stale catalogue`, or a letter as `deleteScript` gives it.
 *
 * Atomic because the stamp is read and decided about, and all that it stands for removed, in one piece. It only makes room.
 */
export const deleteOneScript: Script = script({
  name: "delete",
  flags: ["allow-oom"],
  lua: [NAMES, CHECK_CATALOGUE, LOG_CHANGES, DECIDE, ERASE],
});
