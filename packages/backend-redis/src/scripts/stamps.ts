/**
 * Lua for the clock and for stamps. Each constant is text that stands in front of what uses it.
 *
 * Functions get what they work on as arguments: every variable of the script that one refers to instead would be captured
 * anew in each run, which takes longer than most of them do.
 */

/**
 * The server's clock: `time` as TIME gives it, and `now`, epoch ms. Numbers are written with `whole`: Lua's own way
 * keeps 14 digits.
 */
export const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
`;

/** Takes a stamp apart, as `codec.ts` describes it; another version's does not match. */
export const STAMP_PATTERN =
  "^1%z([^%z]+)%z([^%z]+)%z(%d+)%z(%d+)%z(%d+)%z([^%z]*)%z([^%z]*)%z([^%z]*)%z([^%z]*)%z(%d+)$";

/** Ends the script, before it has written anything. */
export const UNKNOWN_STAMP = "error({ err = 'UNKNOWNSTAMP a record has been written by a newer release' })";

/**
 * Stamps, as `codec.ts` describes them. Every part is text as it was written, and `expires_at` a number where there is
 * one. `UNKNOWNSTAMP` ends the script; they are all read before anything is written.
 */
export const STAMPS: string = `
local function read_stamp(text)
  local state, expiry, epoch, revision, registered, ttl, session, address, attempt, bytes =
    string.match(text, '${STAMP_PATTERN}')
  if not state then ${UNKNOWN_STAMP} end
  return {
    state = state, expiry = expiry, epoch = epoch, revision = revision, registered = registered,
    ttl = ttl, session = session, address = address, attempt = attempt, bytes = bytes, expires_at = tonumber(expiry)
  }
end
local function write_stamp(stamp)
  return table.concat({
    '1', stamp.state, stamp.expiry, stamp.epoch, stamp.revision, stamp.registered, stamp.ttl, stamp.session,
    stamp.address, stamp.attempt, stamp.bytes
  }, '\\0')
end
local function is_expired(stamp, now) return stamp.expires_at ~= nil and stamp.expires_at <= now end
local function is_live(stamp, now)
  return stamp and stamp.state == 's' and (stamp.expires_at == nil or stamp.expires_at > now)
end
local function is_session(identity)
  return string.byte(identity) == 36 and string.sub(identity, 1, 9) == '$session/'
end
`;

/** The first epoch that may be given out: past `found[1]`, the last that has been, and never before the clock. */
export const NEXT_EPOCH = "math.max((found[1] or 0) + 1, time[1] * 1000000 + time[2])";
