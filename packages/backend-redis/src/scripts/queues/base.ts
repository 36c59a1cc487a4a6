/**
 * Lua that every script of the queues begins with. What the keys hold is told in `keys.ts`; `KEYS[1]` is what the names
 * of all of them begin with, for which of them a script touches often shows only in what it reads. They lie in one
 * slot.
 */

import { CLOCK } from "../stamps.ts";
import { PAGES } from "./pages.ts";

/**
 * Numbers of messages and turns grow, and are never given twice: they are the store's time in microseconds, or one more
 * than the last. They have 16 digits, so that texts sort as they do.
 */
const NUMBERS = `
local base = KEYS[1]
local call, sub, rep, find, match, gmatch = redis.call, string.sub, string.rep, string.find, string.match, string.gmatch
local function next_number(name)
  local last = tonumber(call('HGET', base .. 'numbers', name) or '0')
  local number = whole(math.max(last + 1, time[1] * 1000000 + time[2]))
  call('HSET', base .. 'numbers', name, number)
  return number
end
`;

/**
 * Mailboxes. What can't be in a lane, or no longer, lies by identity in `parked`. Whoever has something there is `odd` in
 * its session, where the number says how many of these are leased, and waits in `waiting` for its turn, or in `sleeping`
 * for the time of its first one; everybody else is `plain`. `relist` decides anew, of each that was touched, once.
 */
const MAILBOXES = `
local attachments, touched = {}, {}
local function attachment(x)
  local known = attachments[x]
  if known == nil then
    local epoch, session = match(call('HGET', base .. 'attached', x) or '', '^(%d+)%z(.*)$')
    known = epoch and { epoch = epoch, session = session } or false
    attachments[x] = known
  end
  return known
end
local function parked_of(x, most)
  return call('ZRANGE', base .. 'parked', '[' .. x .. '\\0', '(' .. x .. '\\1', 'BYLEX', 'LIMIT', 0, most)
end
local function parked_in(item)
  local member, at = match(item, '%z(%d+:%d+):(%d+)$')
  local page = page_of(member)
  -- Somebody has deleted the message.
  if not page then call('ZREM', base .. 'parked', item) end
  return page, tonumber(at)
end
local function parked_name(page, at)
  return names_of(page)[at] .. '\\0' .. page.turn .. '\\0' .. page.member .. ':' .. at
end
local function park(page, at, state)
  put(page, at, at, state)
  call('ZADD', base .. 'parked', 0, parked_name(page, at))
  touched[names_of(page)[at]] = true
end
local function unpark(page, at)
  call('ZREM', base .. 'parked', parked_name(page, at))
  touched[names_of(page)[at]] = true
end
local function hold(x, by)
  local place = attachment(x)
  if place then call('HINCRBY', base .. 'odd:' .. place.session, x, by) end
  touched[x] = true
end
local function no_longer_plain(session, x, epoch)
  call('SREM', base .. 'plain:' .. session, x .. '\\0' .. epoch)
  call('HDEL', base .. 'versions', session)
end
local function relist(x)
  local place = attachment(x)
  if not place then return end
  local odd, plain = base .. 'odd:' .. place.session, base .. 'plain:' .. place.session
  local waiting, sleeping = base .. 'waiting:' .. place.session, base .. 'sleeping:' .. place.session
  local first, page, at
  repeat
    first = parked_of(x, 1)[1]
    if first then page, at = parked_in(first) end
  until page or not first
  if not first then
    if call('HDEL', odd, x) == 1 then
      call('ZREM', waiting, x)
      call('ZREM', sleeping, x)
    end
    call('SADD', plain, x .. '\\0' .. place.epoch)
    return
  end
  local leased = call('HGET', odd, x)
  if not leased then
    no_longer_plain(place.session, x, place.epoch)
    call('HSET', odd, x, 0)
  elseif tonumber(leased) > 0 then
    call('ZREM', waiting, x)
    call('ZREM', sleeping, x)
    return
  end
  local due = state_of(page, at) == 's' and tonumber(details_of(page, at).due) or 0
  if due > now then
    call('ZREM', waiting, x)
    call('ZADD', sleeping, whole(math.min(due, page.expires)), x)
  else
    call('ZREM', sleeping, x)
    call('ZADD', waiting, page.turn, x)
  end
end
local function relist_touched()
  for x in pairs(touched) do relist(x) end
  touched = {}
end
local function flush()
  relist_touched()
  local written, over = {}, {}
  for member, page in pairs(changed) do
    add_to(written, page.key, 's' .. page.k)
    add_to(written, page.key, states_text(page))
    if page.session ~= '' and not find(page.states, '[qlm]') then add_to(over, page.session, member) end
  end
  for key, fields in pairs(written) do in_pieces(fields, function(...) call('HSET', key, ...) end) end
  for session, members in pairs(over) do
    in_pieces(members, function(...) call('ZREM', base .. 'lane:' .. session, ...) end)
  end
  for key, delta in pairs(deltas) do
    for field, by in pairs(delta) do call('HINCRBY', key, field, by) end
    -- Perhaps nobody needs it any more.
    if call('HEXISTS', key, 'over') == 1 then call('ZADD', base .. 'known', whole(now), sub(key, #base + 3)) end
  end
end
`;

/** The clock, and numbers: what scripts begin with that may be through before they need pages. */
export const BASE: string = [CLOCK, NUMBERS].join("");
export const PAGES_AND_MAILBOXES: string = [PAGES, MAILBOXES].join("");
/** What stands in front of every other script of the queues. */
export const QUEUES: string = [BASE, PAGES_AND_MAILBOXES].join("");
