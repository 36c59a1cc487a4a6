/** Lua for pages: how deliveries lie in the hash of their message, and what has become of each. */

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
export const PAGES: string = `
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
