/** Dequeueing: what a session is handed next. */

import { type Script, script } from "../script.ts";
import { BASE, PAGES_AND_MAILBOXES } from "./base.ts";
import { HAND_OUT, MOST_FROM_MAILBOXES } from "./hand-out.ts";
import { LIFE } from "./life.ts";
import { UNTOUCHED } from "./untouched.ts";

/** How much of a lane is looked at: pages, and deliveries in them. */
const WINDOW_PAGES = 500;
const WINDOW = 10_000;
/** How many are parked, and how many leases end, in one run: each takes 10 to 30 microseconds. */
const MOST_MOVED = 250;

/** Before anything else is looked at: mostly there is nothing. */
const NOTHING_THERE = `
if redis.call('EXISTS', KEYS[1] .. 'lane:' .. ARGV[1], KEYS[1] .. 'waiting:' .. ARGV[1], KEYS[1] .. 'sleeping:' .. ARGV[1],
  KEYS[1] .. 'leases:' .. ARGV[1]) == 0 then return false end
`;

/** What time has done to this session since it was last asked for. */
const PASS_TIME = `
local ended = end_leases(leases, ${MOST_MOVED})
for _, x in ipairs(call('ZRANGE', sleeping, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, ${MOST_MOVED})) do touched[x] = true end
relist_touched()
`;

/**
 * Whoever has something in his mailbox gets nothing out of the lane: it is parked first, as soon as it is in the
 * window. The window, and with it the turns up to which mailboxes may be looked at, ends where 250 have been parked.
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
  local members, asked = call('ZRANGE', lane, from, to, 'WITHSCORES'), {}
  for i = 1, #members, 2 do asked[#asked + 1] = members[i] end
  look_up(asked)
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
 * Result: nothing where nothing is at hand; else rows, messages, and 1 where it should be asked again if there are no
 * rows. A row is five texts: its page; places in it, or nothing for all of them; serials of the leases and attempts, or
 * nothing where both are 1; identities and epochs by turns, with NULs between, or the page's text as it lies. Behind
 * all of it stands 3 where the rows are whole pages, leased for the first time, and three texts each: its page, its text,
 * and what has been written of it. Messages are numbers and, behind each, the six of its contents. An answer ends after 4 MiB of payloads, or
 * with the 250th out of a mailbox.
 *
 * Atomic, so that what is leased is leased to one. Where nothing is leased, and nobody odd, pages are handed out as
 * they lie, without a look at who is in them; else the beginning of the lane, up to 10,000 deliveries, is merged with
 * the mailboxes by turns. A turn is looked at only when everything before it has been.
 */
export const dequeueScript: Script = script({
  name: "dequeue",
  flags: ["allow-oom"],
  lua: [
    NOTHING_THERE,
    BASE,
    UNTOUCHED,
    `
local session, left, most_each = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local until_then = whole(now + tonumber(ARGV[4]))
local answer = untouched_pages(base, session, left, most_each, until_then, now)
if answer then return answer end
`,
    PAGES_AND_MAILBOXES,
    LIFE,
    `
local lane, odd, leases = base .. 'lane:' .. session, base .. 'odd:' .. session, base .. 'leases:' .. session
local waiting, sleeping = base .. 'waiting:' .. session, base .. 'sleeping:' .. session
`,
    PASS_TIME,
    "local is_careful = call('EXISTS', odd) == 1",
    HAND_OUT,
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
write_leases()
if #rows > 0 then call('ZADD', base .. 'sessions', 'GT', until_then, session) end
flush()
return { rows, contents, (parked > 0 or ended >= ${MOST_MOVED}) and 1 or 0 }
`,
  ],
});
