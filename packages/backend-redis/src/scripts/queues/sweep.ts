/** Sweeping: what time ends, and what nobody needs to know any more. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";

/** When a page past its time is looked at again, of which some is leased still. */
const SOON_MS = 1_000;
/** How many pages are looked at for what has expired; and how many calls of one message, as it is forgotten. */
const MOST_PAGES = 1_000;
/**
 * When a message past its retention is looked at again, which is needed still; sooner, when one of its deliveries ends.
 */
const LATER_MS = 600_000;

/**
 * At most so many of each kind.
 *
 * Arguments: how many, up to 250; for how many ms multicasts, drops and dead letters are known.
 *
 * Result: how many have ended or were forgotten. Atomic so that nothing is needed again between the look and the end.
 */
export const sweepScript: Script = script({
  name: "sweep",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    `
local most, swept = tonumber(ARGV[1]), 0
local function due(name, upto, limit)
  return call('ZRANGE', base .. name, '-inf', whole(upto), 'BYSCORE', 'LIMIT', 0, limit)
end

for _, session in ipairs(due('sessions', now, 1)) do
  local leases = base .. 'leases:' .. session
  swept = swept + end_leases(leases, most)
  if call('EXISTS', leases) == 0 then call('ZREM', base .. 'sessions', session) end
end

local left, looked = most, 0
for _, chunk in ipairs(due('expiring', now, most)) do
  if left <= 0 or looked > ${MOST_PAGES} then break end
  local m, n = match(chunk, '^(%d+):(%d+)$')
  local from, to = match(call('HGET', base .. 'm:' .. m, 'c' .. n) or '', '%z(%d+)%z(%d+)%z%d+%z%d+$')
  local members, is_pending = {}, false
  for k = tonumber(from or '1'), tonumber(to or '0') do members[#members + 1] = m .. ':' .. whole(k) end
  looked = looked + #members
  look_up(members)
  for _, member in ipairs(members) do
    local page = page_of(member)
    if page and left > 0 then left = left - expire(page, left) end
    is_pending = is_pending or page and find(page.states, '[qlmpsk]') ~= nil
  end
  -- What is leased goes on; should it come back, it is past its time.
  if not is_pending then call('ZREM', base .. 'expiring', chunk)
  elseif left > 0 then call('ZADD', base .. 'expiring', whole(now + ${SOON_MS}), chunk) end
end
swept = swept + most - left

for _, name in ipairs(due('dying', now - tonumber(ARGV[3]), most)) do
  local page, at = parked_in(name)
  if page then
    put(page, at, at, 'F')
    forget_letter(page, at)
  else
    call('ZREM', base .. 'dying', name)
    call('ZREM', base .. 'letters', name)
  end
  swept = swept + 1
end

for _, x in ipairs(due('dropped', now - tonumber(ARGV[2]), most)) do
  call('HDEL', base .. 'drops', x)
  call('ZREM', base .. 'dropped', x)
  swept = swept + 1
end

-- Whoever has very many calls is forgotten in several runs.
local function forget_calls(key, m, chunks)
  local names, members = {}, {}
  for n = math.max(1, chunks - ${MOST_PAGES} + 1), chunks do
    names[#names + 1], members[#members + 1] = 'c' .. n, m .. ':' .. n
  end
  if #names == 0 then return 0 end
  call('ZREM', base .. 'expiring', unpack(members))
  call('HDEL', key, unpack(names))
  call('HSET', key, 'chunks', chunks - #names)
  return chunks - #names
end

flush()
for _, m in ipairs(due('known', now, most)) do
  local key = base .. 'm:' .. m
  local id, idempotency, size, delivered, failed, letters, was_over, chunks =
    unpack(call('HMGET', key, 'id', 'key', 'size', 'delivered', 'failed', 'letters', 'over', 'chunks'))
  if idempotency and idempotency ~= '' and call('HGET', base .. 'keys', idempotency) == m then
    call('HDEL', base .. 'keys', idempotency)
  end
  if (size or 0) - (delivered or 0) - (failed or 0) == 0 and (tonumber(letters) or 0) == 0 then
    looked = looked + tonumber(chunks or '0')
    if forget_calls(key, m, tonumber(chunks or '0')) == 0 then
      call('UNLINK', key)
      if id then call('HDEL', base .. 'ids', id) end
      call('ZREM', base .. 'known', m)
      swept = swept + 1
    end
    if looked > ${2 * MOST_PAGES} then break end
  else
    if not was_over then
      call('HSET', key, 'over', 1)
      call('HDEL', key, 'key', 'digest', 'filter', 'ttl', 'state', 'began')
    end
    call('ZADD', base .. 'known', whole(now + ${LATER_MS}), m)
  end
end
return swept
`,
  ],
});
