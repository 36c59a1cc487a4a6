/** Whom queues are handed to: attaching, detaching, dropping, and what these have to take out of lanes. */

import { type Script, script } from "../script.ts";
import { SHORT_LANE } from "./adding.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";

/**
 * `leave(session, xs, is_release)`: nobody is attached there any more of `xs`, a set. What is theirs in the lane is
 * parked, and what is leased comes back: by `release`, or as if its time were out. `fence(x)`: receipts from before are
 * worthless.
 */
const LEAVE = `
local function free(page, at, is_release)
  local state = state_of(page, at)
  if state == 'q' then
    park(page, at, 'p')
    return
  end
  local details = held_details(page, at, 1)
  if state == 'k' then details = details_of(page, at) end
  if is_release then details.attempts, details.last = details.attempts - 1, 'l' end
  write_details(page, at, details)
  if state == 'k' then put(page, at, at, 's') else park(page, at, 's') end
end
-- Behind one that was never leased there is none that was.
local function each_leased_before(x, work)
  local from = '[' .. x .. '\\0'
  repeat
    local items = call('ZRANGE', base .. 'parked', from, '(' .. x .. '\\1', 'BYLEX', 'LIMIT', 0, 32)
    for _, item in ipairs(items) do
      local page, at = parked_in(item)
      if page then
        if state_of(page, at) == 'p' then return end
        work(page, at)
      end
    end
    from = '(' .. (items[#items] or '')
  until #items < 32
end
local function fence(x)
  each_leased_before(x, function(page, at)
    local details = details_of(page, at)
    details.last = details.last == '' and 'x' or string.upper(details.last)
    write_details(page, at, details)
  end)
end
local function leave(session, xs, is_release)
  for _, member in ipairs(call('ZRANGE', base .. 'lane:' .. session, 0, -1)) do
    local page = page_of(member)
    if page then
      local names = names_of(page)
      for at = 1, #names do
        if xs[names[at]] and find(state_of(page, at), '[qlm]') then free(page, at, is_release) end
      end
    end
  end
  for x in pairs(xs) do
    each_leased_before(x, function(page, at)
      if state_of(page, at) == 'k' then free(page, at, is_release) end
    end)
    no_longer_plain(session, x, attachment(x).epoch)
    for _, name in ipairs({ 'waiting:', 'sleeping:' }) do call('ZREM', base .. name .. session, x) end
    call('HDEL', base .. 'odd:' .. session, x)
    call('HDEL', base .. 'attached', x)
    attachments[x] = nil
  end
end
local function is_crowded(session) return call('ZCARD', base .. 'lane:' .. session) > ${SHORT_LANE} end
local function leave_all(leaving, is_release)
  for session, xs in pairs(leaving) do leave(session, xs, is_release) end
end
local function add_leaving(leaving, session, x)
  local xs = leaving[session] or {}
  leaving[session] = xs
  xs[x] = true
end
local function dropped_up_to(x)
  local text = call('HGET', base .. 'drops', x)
  return text and tonumber(match(text, '^%d+')) or -1
end
`;

/**
 * Attaches up to 125 identities.
 *
 * Arguments: session; empty, or 1 to go through lanes however long they are; identities and epochs by turns.
 *
 * Result: which of them, counted from 1, are fenced; or `crowded` and a session whose lane is to be dissolved first:
 * then nothing has been done.
 *
 * Atomic, so that nothing is enqueued, or leased, for an attachment that is just ending.
 */
export const attachScript: Script = script({
  name: "attachMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    LEAVE,
    `
local session, fenced, coming, leaving = ARGV[1], {}, {}, {}
for i = 3, #ARGV, 2 do
  local x, epoch = ARGV[i], tonumber(ARGV[i + 1])
  local place = attachment(x)
  if dropped_up_to(x) >= epoch or place and tonumber(place.epoch) > epoch then
    fenced[#fenced + 1] = (i - 1) / 2
  elseif not (place and place.session == session and tonumber(place.epoch) == epoch) then
    coming[#coming + 1] = i
    if place then
      if ARGV[2] == '' and is_crowded(place.session) then return { 'crowded', place.session } end
      add_leaving(leaving, place.session, x)
    end
  end
end
leave_all(leaving, false)
for _, i in ipairs(coming) do
  fence(ARGV[i])
  call('HSET', base .. 'attached', ARGV[i], ARGV[i + 1] .. '\\0' .. session)
  attachments[ARGV[i]] = nil
  touched[ARGV[i]] = true
end
flush()
return fenced
`,
  ],
});

/**
 * Detaches up to 125 identities. Arguments: session; 1 or nothing as above; identities. Result: nothing, or `crowded`.
 */
export const detachScript: Script = script({
  name: "detachMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    LEAVE,
    `
local leaving = {}
if ARGV[2] == '' and is_crowded(ARGV[1]) then return { 'crowded', ARGV[1] } end
for i = 3, #ARGV do
  local place = attachment(ARGV[i])
  if place and place.session == ARGV[1] then add_leaving(leaving, ARGV[1], ARGV[i]) end
end
leave_all(leaving, true)
flush()
return {}
`,
  ],
});

/**
 * Drops up to 125 identities.
 *
 * Arguments: code, reason; 1 or nothing as above; identities and epochs by turns.
 *
 * Result: nothing; `more`: 250 have died, and there are others; or `crowded`.
 *
 * Atomic, so that nothing of a life is enqueued behind its end. What is above the epoch is passed over: a lane holds only
 * what was enqueued for the very epoch that is attached.
 */
export const dropScript: Script = script({
  name: "dropMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    LEAVE,
    `
local code, reason, leaving, died = ARGV[1], ARGV[2], {}, 0
for i = 4, #ARGV, 2 do
  local place = attachment(ARGV[i])
  if place and tonumber(place.epoch) <= tonumber(ARGV[i + 1]) then
    if ARGV[3] == '' and is_crowded(place.session) then return { 'crowded', place.session } end
    add_leaving(leaving, place.session, ARGV[i])
  end
end
leave_all(leaving, false)
local function die(x, epoch)
  local from = '[' .. x .. '\\0'
  while died < 250 do
    local items = call('ZRANGE', base .. 'parked', from, '(' .. x .. '\\1', 'BYLEX', 'LIMIT', 0, 250)
    for _, item in ipairs(items) do
      local page, at = parked_in(item)
      if page and tonumber(select(2, names_of(page))[at]) <= epoch then
        bury(page, at, details_of(page, at), code, reason)
        died = died + 1
      end
    end
    if #items < 250 then return true end
    from = '(' .. items[#items]
  end
  return false
end
local is_complete = true
for i = 4, #ARGV, 2 do
  local x, epoch = ARGV[i], tonumber(ARGV[i + 1])
  call('HSET', base .. 'drops', x, whole(math.max(epoch, dropped_up_to(x))))
  call('ZADD', base .. 'dropped', whole(now), x)
  if not die(x, epoch) then
    is_complete = false
    break
  end
end
flush()
return is_complete and {} or { 'more' }
`,
  ],
});

/**
 * Parks the last 250 of what waits in a lane.
 *
 * Argument: the session. Result: how many it has parked. Atomic; nobody notices: they are handed out as before.
 */
export const dissolveScript: Script = script({
  name: "dissolve",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    `
local lane, moved, from = base .. 'lane:' .. ARGV[1], 0, 0
while moved < 250 and from < 1000 do
  local members = call('ZREVRANGE', lane, from, from + 31)
  if #members == 0 then break end
  for _, member in ipairs(members) do
    local page = page_of(member)
    local at = page and moved < 250 and find(page.states, 'q', 1, true)
    while at do
      park(page, at, 'p')
      moved = moved + 1
      at = find(page.states, 'q', at + 1, true)
    end
  end
  from = from + 32
end
flush()
return moved
`,
  ],
});
