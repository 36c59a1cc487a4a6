import { LOG_CHANGES } from "./changes.ts";
import { BATCHES, LISTS } from "./lists.ts";
import { type Script, script } from "./script.ts";
import { CLOCK, STAMPS } from "./stamps.ts";
import { WRITE_KEYS } from "./write-keys.ts";

const RENEW = `
local count = #ARGV / 4
local found = redis.call('HMGET', stamps, unpack(ARGV, 1, count))
local known, changed, logged, outcomes = {}, {}, {}, {}

for i = 1, count do
  local identity, instant = ARGV[i], ARGV[3 * count + i]
  local stamp = known[identity] or found[i] and read_stamp(found[i])
  known[identity] = stamp or nil
  if not is_live(stamp, now) then
    outcomes[i] = -3
  elseif stamp.epoch ~= ARGV[count + i] then
    outcomes[i] = -2
  else
    local text, expiry = write_stamp(stamp), stamp.expiry
    if ARGV[2 * count + i] ~= '' then stamp.ttl = ARGV[2 * count + i] end
    if instant == '' then
      if expiry ~= 'bound' then expiry = stamp.ttl == '' and 'never' or whole(now + math.ceil(stamp.ttl)) end
    elseif expiry == 'bound' or stamp.expires_at and stamp.expires_at < tonumber(instant) then
      expiry = instant
    end
    if expiry ~= stamp.expiry then
      local due = (is_session(identity) and expiring_sessions or expiring).due
      stamp.expiry, stamp.expires_at = expiry, tonumber(expiry)
      if stamp.expires_at then add(additions, due, expiry, identity) else remove(removals, due, identity) end
    end
    local renewed = write_stamp(stamp)
    if renewed ~= text then
      changed[#changed + 1] = identity
      changed[#changed + 1] = renewed
      if not is_session(identity) then logged[#logged + 1] = identity end
    end
    outcomes[i] = stamp.expires_at or -1
  end
end
send('HSET', stamps, changed)
write_lists(removals, additions)
log_changes(changes, logged)
return outcomes
`;

/**
 * Extends lives, as `Lease` says.
 *
 * Keys: `writeKeys` without indexes. Arguments, in columns as long as the batch, of up to 250: identities, epochs,
 * TTLs in ms or nothing, instants in epoch ms or nothing.
 *
 * Result: for each lease the new expiry in epoch ms; −1: it never expires; −2: fenced; −3: absent.
 *
 * Atomic because stamps are read, decided about and written in one script. It runs on a full server, on which otherwise
 * everybody would lose what he has: a stamp takes the place of one that is hardly shorter.
 */
export const renewScript: Script = script({
  name: "renew",
  flags: ["allow-oom"],
  lua: [WRITE_KEYS, CLOCK, STAMPS, BATCHES, LISTS, LOG_CHANGES, RENEW],
});
