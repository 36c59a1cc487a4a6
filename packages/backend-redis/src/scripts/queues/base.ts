/**
 * Lua that every script of the queues begins with. What the keys hold is told in `keys.ts`; `KEYS[1]` is what the names
 * of all of them begin with, for which of them a script touches often shows only in what it reads. They lie in one
 * slot.
 */

import { CLOCK } from "../stamps.ts";

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
 * Pages. What has been enqueued for many by one call lies in the hash of its message as one text, `t<k>`, of identities
 * and epochs by turns with a NUL between any two, and one letter for each of them in `s<k>`. `x<k>` is when it expires,
 * its turn, and the session in whose lane it is, which is empty where it is in none.
 *
 * - Lane: q queued · l leased for the first time · m the same, and extended by itself.
 * - Mailbox: p parked, never leased · s parked, leased before · k leased.
 * - Ended: d delivered by its first lease · D delivered · x expired, never leased · X expired · f dead letter ·
 *   F dead letter that was thrown away · g redriven, and now elsewhere.
 *
 * Of s, k, D, X, f and F there are details in the field `d<k>.<at>`: serial number of the last lease, attempts that
 * count, how that lease was settled (a, r, l, d; a capital, or x for not at all: its receipt is worthless since), not
 * before, when it died, code, reason. `held_details` are those of a delivery whose last lease has that serial, or
 * false.
 */
const PAGES = `
local pages, changed, deltas = {}, {}, {}
local function page_of(member)
  local known = pages[member]
  if known ~= nil then return known end
  local m, k = match(member, '^(%d+):(%d+)$')
  local key = base .. 'm:' .. (m or '')
  local found = m and call('HMGET', key, 's' .. k, 'x' .. k) or {}
  if not found[1] then
    pages[member] = false
    return false
  end
  local expires, turn, session = match(found[2], '^(%d+)%z(%d+)%z(.*)$')
  known = {
    m = m, k = k, member = member, key = key, states = found[1],
    expires = tonumber(expires), turn = turn, session = session
  }
  pages[member] = known
  return known
end
local function names_of(page)
  if page.names then return page.names, page.epochs end
  local names, epochs, size = {}, {}, 0
  for name, epoch in gmatch(call('HGET', page.key, 't' .. page.k), '([^%z]+)%z([^%z]+)') do
    size = size + 1
    names[size], epochs[size] = name, epoch
  end
  page.names, page.epochs = names, epochs
  return names, epochs
end
local function state_of(page, at) return sub(page.states, at, at) end
local function put(page, from, to, state)
  page.states = sub(page.states, 1, from - 1) .. rep(state, to - from + 1) .. sub(page.states, to + 1)
  changed[page.member] = page
end
local function count(page, field, by)
  local delta = deltas[page.key] or {}
  deltas[page.key] = delta
  delta[field] = (delta[field] or 0) + by
end
local function details_of(page, at)
  local text = call('HGET', page.key, 'd' .. page.k .. '.' .. at)
  if not text then return { serial = 0, attempts = 0, last = '', due = '', died = '', code = '', reason = '' } end
  local serial, attempts, last, due, died, code, reason =
    match(text, '^(%d+)%z(%d+)%z(%a?)%z(%d*)%z(%d*)%z([^%z]*)%z(.*)$')
  return {
    serial = tonumber(serial), attempts = tonumber(attempts), last = last, due = due, died = died,
    code = code, reason = reason
  }
end
local function first_lease(last, attempts)
  return { serial = 1, attempts = attempts or 1, last = last, due = '', died = '', code = '', reason = '' }
end
local function held_details(page, at, serial)
  local state = state_of(page, at)
  if state == 'l' or state == 'm' then return serial == 1 and first_lease('') end
  if state == 'd' then return serial == 1 and first_lease('a') end
  if state == '' or not find(state, '[skDfF]') then return false end
  local details = details_of(page, at)
  return details.serial == serial and details
end
local function write_details(page, at, details)
  call('HSET', page.key, 'd' .. page.k .. '.' .. at, table.concat({
    whole(details.serial), whole(details.attempts), details.last, details.due, details.died,
    details.code, details.reason
  }, '\\0'))
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
  return page_of(member), tonumber(at)
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
  call('DEL', base .. 'checked:' .. session)
end
local function relist(x)
  local place = attachment(x)
  if not place then return end
  local odd, plain = base .. 'odd:' .. place.session, base .. 'plain:' .. place.session
  local waiting, sleeping = base .. 'waiting:' .. place.session, base .. 'sleeping:' .. place.session
  local first = parked_of(x, 1)[1]
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
  local page, at = parked_in(first)
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
  for member, page in pairs(changed) do
    call('HSET', page.key, 's' .. page.k, page.states)
    if page.session ~= '' and not find(page.states, '[qlm]') then call('ZREM', base .. 'lane:' .. page.session, member) end
    if not find(page.states, '[qlmpsk]') then call('ZREM', base .. 'expiring', member) end
  end
  for key, delta in pairs(deltas) do
    for field, by in pairs(delta) do call('HINCRBY', key, field, by) end
    -- Perhaps nobody needs it any more.
    if call('HEXISTS', key, 'over') == 1 then call('ZADD', base .. 'known', whole(now), sub(key, #base + 3)) end
  end
end
`;

/** What stands in front of every script of the queues. */
export const QUEUES: string = [CLOCK, NUMBERS, PAGES, MAILBOXES].join("");
