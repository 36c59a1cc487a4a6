/** Messages as they are stored, and multicasts as they began. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";

/**
 * `keep(from, keep_ms, ttl)` stores the message whose contents begin at that argument, unless there is one with its id,
 * and answers its number. Id, content type, when it was sent, whether once, `=` and where to reply or nothing, payload.
 */
export const KEEP = `
local function keep(from, keep_ms, ttl)
  local id = ARGV[from]
  local m = call('HGET', base .. 'ids', id)
  if m then return m end
  m = next_number('message')
  call('HSET', base .. 'ids', id, m)
  call('HSET', base .. 'm:' .. m, 'id', id, 'type', ARGV[from + 1], 'sent', ARGV[from + 2], 'once', ARGV[from + 3],
    'reply', ARGV[from + 4], 'body', ARGV[from + 5])
  local known = ARGV[from + 3] == '1' and math.max(keep_ms, ttl) or keep_ms
  call('ZADD', base .. 'known', whole(now + known), m)
  return m
end
`;

const RECORD = `
local function record_of(m)
  return call('HMGET', base .. 'm:' .. m, 'id', 'type', 'sent', 'once', 'reply', 'body', 'key', 'digest', 'filter',
    'ttl', 'state', 'began')
end
`;

/**
 * Begins a multicast.
 *
 * Arguments: the six of a message; `=` and the idempotency key, or nothing; digest; `=` and the filter, or nothing; TTL;
 * for how many ms it is known.
 *
 * Result: 1 if it has begun, else 0, and the record that stands: the six, and then as the arguments were, with the state
 * and the start behind.
 *
 * Atomic because id and key are looked for, and taken, in one script.
 */
export const beginScript: Script = script({
  name: "begin",
  lua: [
    QUEUES,
    KEEP,
    RECORD,
    `
local id, idempotency, keep_ms, ttl = ARGV[1], ARGV[7], tonumber(ARGV[11]), tonumber(ARGV[10])
local standing = call('HGET', base .. 'ids', id)
if standing and call('HEXISTS', base .. 'm:' .. standing, 'began') == 0 then standing = false end
if not standing and idempotency ~= '' then standing = call('HGET', base .. 'keys', idempotency) end
if standing then return { 0, record_of(standing) } end
local m = keep(1, keep_ms, ttl)
call('HSET', base .. 'm:' .. m, 'key', idempotency, 'digest', ARGV[8], 'filter', ARGV[9], 'ttl', ARGV[10],
  'state', 'open', 'began', whole(now))
call('HDEL', base .. 'm:' .. m, 'over')
if idempotency ~= '' then call('HSET', base .. 'keys', idempotency, m) end
call('ZADD', base .. 'known', whole(now + (ARGV[4] == '1' and math.max(keep_ms, ttl) or keep_ms)), m)
return { 1, record_of(m) }
`,
  ],
});

/** Argument: the id. Result: the record as `begin` answers it, or nothing. */
export const findScript: Script = script({
  name: "find",
  flags: ["no-writes"],
  lua: [
    `local base, call = KEYS[1], redis.call`,
    RECORD,
    `
local m = call('HGET', base .. 'ids', ARGV[1])
if not m or call('HEXISTS', base .. 'm:' .. m, 'began') == 0 then return false end
return record_of(m)
`,
  ],
});

/** Argument: the id. Atomic so that nothing is written to a message that has gone. */
export const completeScript: Script = script({
  name: "complete",
  flags: ["allow-oom"],
  lua: [
    `
local m = redis.call('HGET', KEYS[1] .. 'ids', ARGV[1])
if m and redis.call('HEXISTS', KEYS[1] .. 'm:' .. m, 'began') == 1 then
  redis.call('HSET', KEYS[1] .. 'm:' .. m, 'state', 'complete')
end
`,
  ],
});
