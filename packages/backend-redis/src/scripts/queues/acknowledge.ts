/** Acknowledging pages that were handed out as wholes. */

import { type Script, script } from "../script.ts";

/**
 * Acknowledges all that was handed out of some pages, or nothing. Whoever was handed them knows what has been written of
 * each, and says what is to be written next, so that only a comparison is left to do.
 *
 * Arguments, for each message and session: its number, the session, how many pages, how many deliveries; then, of each
 * page, its field `s<k>`; what that has to be; by turns, the field and what it is to be; the record of the lease; its
 * name in the lane.
 *
 * Result: 1, or 0 where anything has happened to one of them since. Atomic, so that nothing happens in between. It only
 * makes room.
 */
export const acknowledgeScript: Script = script({
  name: "settleMany",
  flags: ["allow-oom"],
  lua: [
    `
local base, call = KEYS[1], redis.call
local groups, at = {}, 1
while ARGV[at] do
  local m, size = ARGV[at], tonumber(ARGV[at + 2])
  local fields = at + 4
  local found = call('HMGET', base .. 'm:' .. m, 'over', unpack(ARGV, fields, fields + size - 1))
  for i = 1, size do
    if found[i + 1] ~= ARGV[fields + size - 1 + i] then return 0 end
  end
  groups[#groups + 1] = { m = m, session = ARGV[at + 1], size = size, count = ARGV[at + 3], over = found[1], from = fields + 2 * size }
  at = fields + 6 * size
end
for _, group in ipairs(groups) do
  local m, session, size, from = group.m, group.session, group.size, group.from
  local key = base .. 'm:' .. m
  call('HSET', key, unpack(ARGV, from, from + 2 * size - 1))
  call('HINCRBY', key, 'delivered', group.count)
  call('ZREM', base .. 'leases:' .. session, unpack(ARGV, from + 2 * size, from + 3 * size - 1))
  call('ZREM', base .. 'lane:' .. session, unpack(ARGV, from + 3 * size, from + 4 * size - 1))
  -- Perhaps nobody needs it any more.
  if group.over then
    local time = call('TIME')
    call('ZADD', base .. 'known', time[1] * 1000, m)
  end
end
return 1
`,
  ],
});
