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
 * Pages. What one call has enqueued for many lies in the hash of its message. `c<n>` is the call: the least identity and
 * the greatest, first page and last, when they expire, their turn. The pages of the `n`th call are numbered from 1000 n.
 * `t<k>` is whom a page is for: the session in whose lane it is, which is empty where it is in none, how many, and
 * identities and epochs by turns. `s<k>` is what has become of it, and missing as long as all of it is queued: when it
 * expires, its turn, the session, and one letter for each delivery. Parts are divided by NULs.
 *
 * - Lane: q queued · l leased for the first time · m the same, and extended by itself.
 * - Mailbox: p parked, never leased · s parked, leased before · k leased.
 * - Ended: d delivered by its first lease · D delivered · x expired, never leased · X expired · f dead letter ·
 *   F dead letter that was thrown away · g redriven, and now elsewhere.
 *
 * Of s, k, D, X, f and F there are details in the field `d<k>.<at>`: serial number of the last lease, attempts that
 * count, how that lease was settled (a, r, l, d; a capital, or x for not at all: its receipt is worthless since), not
 * before, when it died, code, reason. `held_details` are those of a delivery whose last lease has that serial, or
 * false. `look_up` reads many pages at once, so that whoever asks for one of them reads nothing.
 */
const PAGES = `
local pages, changed, deltas = {}, {}, {}
local function add_to(lists, name, item)
  local list = lists[name]
  if not list then
    list = {}
    lists[name] = list
  end
  list[#list + 1] = item
end
-- So many that no call has more arguments than Lua's stack has room for.
local function in_pieces(items, work)
  for from = 1, #items, 2000 do work(unpack(items, from, math.min(from + 1999, #items))) end
end
local function read_fields(key, letter, ks)
  local names, found = {}, {}
  for i, k in ipairs(ks) do names[i] = letter .. k end
  in_pieces(names, function(...)
    for i, text in ipairs(call('HMGET', key, ...)) do found[#found + 1] = text end
  end)
  return found
end
local function add_untouched(m, key, ks)
  local calls = {}
  for i, k in ipairs(ks) do calls[i] = math.floor(k / 1000) end
  local lines = read_fields(key, 'c', calls)
  for i, text in ipairs(read_fields(key, 't', ks)) do
    if text and lines[i] then
      local session, size = match(text, '^([^%z]*)%z(%d+)%z')
      local expires, turn = match(lines[i], '^[^%z]+%z[^%z]+%z%d+%z%d+%z(%d+)%z(%d+)$')
      pages[m .. ':' .. ks[i]] = {
        m = m, k = ks[i], member = m .. ':' .. ks[i], key = key, states = rep('q', tonumber(size)), text = text,
        expires = tonumber(expires), turn = turn, session = session
      }
    end
  end
end
local function look_up(members)
  local asked = {}
  for _, member in ipairs(members) do
    if pages[member] == nil then
      pages[member] = false
      local m, k = match(member, '^(%d+):(%d+)$')
      if m then add_to(asked, m, k) end
    end
  end
  for m, ks in pairs(asked) do
    local key, untouched = base .. 'm:' .. m, {}
    for i, text in ipairs(read_fields(key, 's', ks)) do
      if text then
        local k, expires, turn, session, states = ks[i], match(text, '^(%d+)%z(%d+)%z([^%z]*)%z(.*)$')
        pages[m .. ':' .. k] = {
          m = m, k = k, member = m .. ':' .. k, key = key, states = states,
          expires = tonumber(expires), turn = turn, session = session
        }
      else
        untouched[#untouched + 1] = ks[i]
      end
    end
    if #untouched > 0 then add_untouched(m, key, untouched) end
  end
end
local function page_of(member)
  if pages[member] == nil then look_up({ member }) end
  return pages[member]
end
local function text_of(page)
  page.text = page.text or call('HGET', page.key, 't' .. page.k)
  return page.text
end
local function names_of(page)
  if page.names then return page.names, page.epochs end
  local names, epochs, size = {}, {}, 0
  for name, epoch in gmatch(match(text_of(page), '^[^%z]*%z%d+%z(.*)$'), '([^%z]+)%z([^%z]+)') do
    size = size + 1
    names[size], epochs[size] = name, epoch
  end
  page.names, page.epochs = names, epochs
  return names, epochs
end
local function states_text(page)
  return table.concat({ whole(page.expires), page.turn, page.session, page.states }, '\\0')
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
