/** Lua for handing out: pages of a lane as a whole or in part, and deliveries out of mailboxes. */

/** How many are taken out of mailboxes at once; out of a lane it is no matter how many. */
export const MOST_FROM_MAILBOXES = 250;
/** Of payloads, in one answer, unless a single one is larger. */
export const MAX_BYTES = 4_194_304;

/** What is handed out, and how it is leased. */
const TAKE = `
local rows, contents, messages, bytes, leased = {}, {}, {}, 0, {}
local function add_lease(page, from, to, kind)
  leased[#leased + 1] = until_then
  leased[#leased + 1] = page.member .. ':' .. from .. ':' .. to .. ':' .. kind
end
local function write_leases()
  in_pieces(leased, function(...) call('ZADD', leases, ...) end)
end
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
  add_lease(page, from, to, 'l')
end
local function take_whole(page)
  local size = #page.states
  lease_run(page, 1, size)
  add_row(page, '', '', '', text_of(page))
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
    local is_over = not page or page.expires <= now
    if page and is_over then
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
  add_lease(page, at, at, whole(details.serial))
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

export const HAND_OUT: string = [TAKE, LANE, MAILBOX].join("");
