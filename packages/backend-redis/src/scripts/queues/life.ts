/** Lua for what becomes of deliveries: the arrows of the contract's diagram that several scripts share. */

/** `come_back` frees what is leased, in its old place; what was in a lane is parked from then on. */
const COME_BACK = `
local function come_back(page, at, details)
  local state = state_of(page, at)
  write_details(page, at, details)
  if state == 'l' or state == 'm' then
    park(page, at, 's')
    return
  end
  local x = names_of(page)[at]
  if state == 'k' then
    put(page, at, at, 's')
    hold(x, -1)
  end
  touched[x] = true
end
`;

/**
 * The end of leases by time. A lease is a member of `leases` of its session: page, from, to, and l or m for those of a
 * lane that are in that state, or the serial number of one in a mailbox. Frees no more than `most`, and answers how many.
 */
const END_LEASES = `
local function end_lease(record, most)
  local member, from, to, kind = match(record, '^(%d+:%d+):(%d+):(%d+):(%w+)$')
  local page, freed = page_of(member), 0
  if not page then return 0, true end
  if kind == 'l' or kind == 'm' then
    local at = find(page.states, kind, from, true)
    while at and at <= tonumber(to) do
      if freed >= most then return freed, false end
      come_back(page, at, first_lease(''))
      freed = freed + 1
      at = find(page.states, kind, at + 1, true)
    end
    return freed, true
  end
  local at = tonumber(from)
  local details = state_of(page, at) == 'k' and details_of(page, at)
  if details and details.last == '' and details.serial == tonumber(kind) then
    come_back(page, at, details)
    freed = 1
  end
  return freed, true
end
local function end_leases(leases, most)
  local freed = 0
  for _, record in ipairs(call('ZRANGE', leases, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, most)) do
    local own, is_over = end_lease(record, most - freed)
    freed = freed + own
    if is_over then call('ZREM', leases, record) end
    if freed >= most then break end
  end
  return freed
end
`;

/** The TTL is over of what waits in a page: at most `most` of it ends. Answers how many. */
const EXPIRE = `
local function expire(page, most)
  local states, ended = string.gsub(page.states, 'q', 'x', most)
  if ended > 0 then
    page.states = states
    changed[page.member] = page
  end
  local at = find(page.states, '[ps]')
  while at and ended < most do
    unpark(page, at)
    put(page, at, at, state_of(page, at) == 'p' and 'x' or 'X')
    ended = ended + 1
    at = find(page.states, '[ps]', at + 1)
  end
  if ended > 0 then count(page, 'failed', ended) end
  return ended
end
`;

/** A dead letter is found by identity and message, and by when it died. */
const LETTERS = `
local function letter_name(page, at)
  page.id = page.id or call('HGET', page.key, 'id')
  return names_of(page)[at] .. '\\0' .. page.id .. '\\0' .. page.member .. ':' .. at
end
local function bury(page, at, details, code, reason)
  local x, state = names_of(page)[at], state_of(page, at)
  if find(state, '[psk]') then unpark(page, at) end
  put(page, at, at, 'f')
  if state == 'k' then hold(x, -1) end
  details.code, details.reason, details.died = code, reason, whole(now)
  write_details(page, at, details)
  count(page, 'failed', 1)
  count(page, 'letters', 1)
  local name = letter_name(page, at)
  call('ZADD', base .. 'letters', 0, name)
  call('ZADD', base .. 'dying', whole(now), name)
end
local function forget_letter(page, at)
  local name = letter_name(page, at)
  call('ZREM', base .. 'letters', name)
  call('ZREM', base .. 'dying', name)
  count(page, 'letters', -1)
end
`;

export const LIFE: string = [COME_BACK, END_LEASES, EXPIRE, LETTERS].join("");
