/** Dequeueing: what a session is handed next. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";

/** How much of a lane is looked at: pages, and deliveries in them. */
const WINDOW_PAGES = 500;
const WINDOW = 10_000;
/** How many are parked, and how many leases end, in one run: each takes 10 to 30 microseconds. */
const MOST_MOVED = 250;
/** How many are taken out of mailboxes at once; out of a lane it is no matter how many. */
const MOST_FROM_MAILBOXES = 250;
/** Of payloads, in one answer, unless a single one is larger. */
const MAX_BYTES = 4_194_304;

/** What is handed out, and how it is leased. */
const TAKE = `
local rows, contents, messages, bytes = {}, {}, {}, 0
local function add_row(page, places, serials, attempts, text)
  local size = #rows
  rows[size + 1], rows[size + 2], rows[size + 3] = page.member, places, serials
  rows[size + 4], rows[size + 5] = attempts, text
end
local function has_room(page)
  if messages[page.m] then return true end
  if bytes > ${MAX_BYTES} then
    left = 0
    return false
  end
  local content = call('HMGET', page.key, 'id', 'type', 'sent', 'once', 'reply', 'body')
  bytes = bytes + #content[6]
  messages[page.m] = true
  contents[#contents + 1] = page.m
  contents[#contents + 1] = content
  return true
end
local function lease_run(page, from, to)
  put(page, from, to, 'l')
  call('ZADD', leases, until_then, page.member .. ':' .. from .. ':' .. to .. ':l')
end
local function take_whole(page)
  local size = #page.states
  lease_run(page, 1, size)
  add_row(page, '', '', '', call('HGET', page.key, 't' .. page.k))
  left = left - size
end
local function take_some(page, places)
  local names, epochs = names_of(page)
  local texts, from = {}, 1
  for i, at in ipairs(places) do
    texts[i] = names[at] .. '\\0' .. epochs[at]
    if places[i + 1] ~= at + 1 then
      lease_run(page, places[from], at)
      from = i + 1
    end
  end
  add_row(page, table.concat(places, ','), '', '', table.concat(texts, '\\0'))
end
`;

/** `blocked`: identities of which nothing more is handed out. `counts`: how much of each has been, where that matters. */
const LANE = `
local blocked, has_blocked, counts, wholes, taken_from = {}, false, {}, {}, 0
local function block(page)
  local names = names_of(page)
  local at = find(page.states, '[lm]')
  while at do
    blocked[names[at]] = true
    at = find(page.states, '[lm]', at + 1)
  end
  has_blocked = true
end
local function from_lane(page)
  if not find(page.states, 'q', 1, true) then return end
  if not has_blocked and taken_from < most_each and left >= #page.states and not find(page.states, '[^q]') then
    if not has_room(page) then return end
    taken_from = taken_from + 1
    wholes[#wholes + 1] = page
    take_whole(page)
    return
  end
  for _, whole_page in ipairs(wholes) do
    for _, x in ipairs((names_of(whole_page))) do counts[x] = (counts[x] or 0) + 1 end
  end
  wholes = {}
  local names, places = names_of(page), {}
  local at = find(page.states, 'q', 1, true)
  while at and left > 0 do
    local x = names[at]
    if not blocked[x] then
      local before = counts[x] or 0
      if before >= most_each then
        blocked[x], has_blocked = true, true
      elseif has_room(page) then
        counts[x] = before + 1
        places[#places + 1] = at
        left = left - 1
      end
    end
    at = find(page.states, 'q', at + 1, true)
  end
  if #places == 0 then return end
  taken_from = taken_from + 1
  take_some(page, places)
end
`;

/** Of those who wait beside the lane, in `candidates`: each with the turn of its first one, least turn first. */
const MAILBOX = `
local taken = 0
local function from_mailbox(candidates, position, edge)
  local candidate = candidates[position]
  local x = candidate.x
  if blocked[x] then return end
  candidate.items = candidate.items or parked_of(x, math.min(most_each, 1000) + 32)
  local page, at
  repeat
    candidate.next = (candidate.next or 0) + 1
    local item = candidate.items[candidate.next]
    if not item then return end
    page, at = parked_in(item)
    local is_over = page.expires <= now
    if is_over then
      unpark(page, at)
      put(page, at, at, state_of(page, at) == 'p' and 'x' or 'X')
      count(page, 'failed', 1)
    end
  until not is_over
  local before, details = counts[x] or 0, details_of(page, at)
  if before >= most_each or tonumber(page.turn) >= edge or (tonumber(details.due) or 0) > now then
    blocked[x], has_blocked, touched[x] = true, true, true
    return
  end
  if not has_room(page) then return end
  details.serial, details.attempts, details.last, details.due = details.serial + 1, details.attempts + 1, '', ''
  write_details(page, at, details)
  put(page, at, at, 'k')
  hold(x, 1)
  call('ZADD', leases, until_then, page.member .. ':' .. at .. ':' .. at .. ':' .. whole(details.serial))
  add_row(page, whole(at), whole(details.serial), whole(details.attempts), x .. '\\0' .. attachment(x).epoch)
  counts[x] = before + 1
  left, taken = left - 1, taken + 1
  if taken >= ${MOST_FROM_MAILBOXES} then left = 0 end
  local item = candidate.items[candidate.next + 1]
  if not item then return end
  candidate.turn = tonumber(match(item, '%z(%d+)%z%d+:%d+:%d+$'))
  local place = #candidates + 1
  while place > position + 1 and candidates[place - 1].turn > candidate.turn do place = place - 1 end
  table.insert(candidates, place, candidate)
end
`;

/** What time has done to this session since it was last asked for. */
const PASS_TIME = `
local ended = end_leases(leases, ${MOST_MOVED})
for _, x in ipairs(call('ZRANGE', sleeping, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, ${MOST_MOVED})) do touched[x] = true end
relist_touched()
`;

/**
 * Whoever has something in his mailbox gets nothing out of the lane: it is parked first, as soon as it is in the window. The
 * window, and with it the turns up to which mailboxes may be looked at, ends where ${MOST_MOVED} have been parked.
 */
const WINDOW_LUA = `
local parked = 0
local function park_odd(page)
  local names, places, asked = names_of(page), {}, {}
  local at = find(page.states, 'q', 1, true)
  while at do
    places[#places + 1], asked[#asked + 1] = at, names[at]
    at = find(page.states, 'q', at + 1, true)
  end
  if #asked == 0 then return end
  for i, leased in ipairs(call('HMGET', odd, unpack(asked))) do
    if leased then
      park(page, places[i], 'p')
      parked = parked + 1
    end
  end
end
local function park_blocked(window)
  for _, page in ipairs(window) do
    local at = find(page.states, 'q', 1, true)
    while at and parked < ${MOST_MOVED} do
      if blocked[names_of(page)[at]] then
        park(page, at, 'p')
        parked = parked + 1
      end
      at = find(page.states, 'q', at + 1, true)
    end
  end
end
local window, seen, edge = {}, 0, math.huge
local function look_at(from, to)
  local members = call('ZRANGE', lane, from, to, 'WITHSCORES')
  for i = 1, #members, 2 do
    if seen > ${WINDOW} or parked >= ${MOST_MOVED} or #window >= ${WINDOW_PAGES} then
      edge = tonumber(members[i + 1])
      return false
    end
    local page = page_of(members[i])
    if not page then
      call('ZREM', lane, members[i])
    else
      seen = seen + #page.states
      if page.expires <= now and find(page.states, 'q', 1, true) then expire(page, #page.states) end
      if is_careful then park_odd(page) end
      window[#window + 1] = page
    end
  end
  return #members == 2 * (to - from + 1)
end
`;

/**
 * Leases what is due.
 *
 * Arguments: session, most deliveries, most of one identity, for how many ms.
 *
 * Result: nothing where nothing is at hand; else rows, messages, and 1 where it should be asked again if there are no rows. A
 * row is five texts: its page; places in it, or nothing for all of them; serials of the leases and attempts, or nothing where both are
 * 1; identities and epochs by turns, with NULs between. Messages are numbers and, behind each, the six of its contents. An answer
 * ends after ${MAX_BYTES} bytes of payloads, or with the 250th out of a mailbox.
 *
 * Atomic, so that what is leased is leased to one. Where nothing is leased, and nobody odd, pages are handed out as they lie,
 * without a look at who is in them; else the beginning of the lane, up to ${WINDOW} deliveries, is merged with the mailboxes by
 * turns. A turn is looked at only when everything before it has been.
 */
export const dequeueScript: Script = script({
  name: "dequeue",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    `
local session, left, most_each = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local until_then = whole(now + tonumber(ARGV[4]))
local lane, odd, leases = base .. 'lane:' .. session, base .. 'odd:' .. session, base .. 'leases:' .. session
local waiting, sleeping = base .. 'waiting:' .. session, base .. 'sleeping:' .. session
if call('EXISTS', lane, waiting, sleeping, leases) == 0 then return false end
`,
    PASS_TIME,
    "local is_careful = call('EXISTS', odd) == 1",
    TAKE,
    LANE,
    MAILBOX,
    WINDOW_LUA,
    `
if not is_careful then
  local from, goes_on = 0, true
  while goes_on and left > 0 do
    local before = #window
    goes_on = look_at(from, from + 63)
    for i = before + 1, #window do
      local page = window[i]
      if left <= 0 then break end
      if find(page.states, '[lm]') then block(page) end
      from_lane(page)
    end
    from = from + 64
  end
else
  look_at(0, ${WINDOW_PAGES})
  relist_touched()
  for _, page in ipairs(window) do if find(page.states, '[lm]') then block(page) end end
  local found = call('ZRANGE', waiting, '-inf', edge == math.huge and '+inf' or '(' .. whole(edge), 'BYSCORE', 'LIMIT', 0,
    math.min(left, ${MOST_FROM_MAILBOXES}) + 500, 'WITHSCORES')
  local candidates = {}
  for i = 1, #found, 2 do candidates[#candidates + 1] = { x = found[i], turn = tonumber(found[i + 1]) } end
  local i, j = 1, 1
  while left > 0 and (window[i] or candidates[j]) do
    if candidates[j] and (not window[i] or candidates[j].turn < tonumber(window[i].turn)) then
      from_mailbox(candidates, j, edge)
      j = j + 1
    else
      from_lane(window[i])
      i = i + 1
    end
  end
end
if left > 0 and edge < math.huge then park_blocked(window) end
if #rows > 0 then call('ZADD', base .. 'sessions', 'GT', until_then, session) end
flush()
return { rows, contents, (parked > 0 or ended >= ${MOST_MOVED}) and 1 or 0 }
`,
  ],
});
