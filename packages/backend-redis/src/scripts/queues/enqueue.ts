/** Enqueueing: which targets get a delivery, and where it lies. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";
import { KEEP } from "./messages.ts";

/** Lanes up to this are looked through for what somebody has in them; longer ones are dissolved first. */
export const SHORT_LANE = 32;

/**
 * Each call leaves a line `c<n>` in the hash of the message: from which identity to which, and its pages. Callers go
 * through identities in order, so mostly a comparison tells that a message has been enqueued for none of these; else it
 * is looked for in those pages only that could have them. Texts are compared by hand: the server's own order depends on
 * its locale.
 */
const REPETITIONS = `
local function is_before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local function enqueued_before(m, first, last)
  local key = base .. 'm:' .. m
  local highest, chunks = unpack(call('HMGET', key, 'highest', 'chunks'))
  if not highest or is_before(highest, first) then return nil end
  local known
  for n = 1, tonumber(chunks) do
    local low, high, from, to = match(call('HGET', key, 'c' .. n), '^([^%z]+)%z([^%z]+)%z(%d+)%z(%d+)$')
    if not is_before(high, first) and not is_before(last, low) then
      known = known or {}
      for k = from, to do
        local page = page_of(m .. ':' .. k)
        if page then for _, name in ipairs((names_of(page))) do known[name] = true end end
      end
    end
  end
  return known
end
`;

/** Answers what the page is called, and its number among those of its message. */
export const ADD_PAGE: string = `
local function add_page(m, text, size, session, expires, state)
  local key = base .. 'm:' .. m
  local k, turn = call('HINCRBY', key, 'pages', 1), next_number('turn')
  local member = m .. ':' .. k
  call('HSET', key, 't' .. k, text, 's' .. k, rep(state, size), 'x' .. k, expires .. '\\0' .. turn .. '\\0' .. session)
  call('ZADD', base .. 'expiring', expires, member)
  if session ~= '' then call('ZADD', base .. 'lane:' .. session, turn, member) end
  call('HINCRBY', key, 'size', size)
  return member, k
end
local function add_chunk(m, first, last, from, to)
  local key = base .. 'm:' .. m
  call('HSET', key, 'c' .. call('HINCRBY', key, 'chunks', 1), first .. '\\0' .. last .. '\\0' .. from .. '\\0' .. to)
end
`;

/** How many deliveries identities have in a lane, pending; asked for only where it could make a difference. */
export const QUOTA: string = `
local function is_crowded(session) return call('ZCARD', base .. 'lane:' .. session) > ${SHORT_LANE} end
local in_lanes = {}
local function in_lane(session)
  local counts = in_lanes[session]
  if counts then return counts end
  counts = {}
  for _, member in ipairs(call('ZRANGE', base .. 'lane:' .. session, 0, -1)) do
    local page = page_of(member)
    if page then
      local names = names_of(page)
      for at = 1, #names do
        if find(state_of(page, at), '[qlm]') then counts[names[at]] = (counts[names[at]] or 0) + 1 end
      end
    end
  end
  in_lanes[session] = counts
  return counts
end
local function is_full(x, session, quota)
  local parked = call('ZLEXCOUNT', base .. 'parked', '[' .. x .. '\\0', '(' .. x .. '\\1')
  if parked >= quota then return true end
  if not session or parked + call('ZCARD', base .. 'lane:' .. session) < quota then return false end
  return parked + (in_lane(session)[x] or 0) >= quota
end
`;

/** Texts of that many bytes and more are remembered, and so many of a session. */
const LONG_TEXT = 256;
const MOST_CHECKED = 256;

/**
 * A lane is filled as a whole, without a look at each, where everybody is plain, and nobody has it or could be full. Of
 * a text that has been looked at, and of whom nobody has ceased to be plain since, that is known by its digest:
 * whoever sends to the same again and again costs no more than the text.
 */
const TARGETS = `
local parts = {}
local function look_at(part)
  if part.members then return end
  part.members, part.plain, part.size = {}, {}, 0
  for member in gmatch(part.text, '[^%z]+%z[^%z]+') do
    part.size = part.size + 1
    part.members[part.size] = member
  end
  if part.session == '' then return end
  part.plain = call('SMISMEMBER', base .. 'plain:' .. part.session, unpack(part.members))
end
local function are_plain(part)
  if part.session == '' then return false end
  local checked, digest = base .. 'checked:' .. part.session, #part.text >= ${LONG_TEXT} and redis.sha1hex(part.text)
  local size = digest and call('HGET', checked, digest)
  part.size = size and tonumber(size) or nil
  if part.size then return true end
  look_at(part)
  for i = 1, part.size do
    if part.plain[i] == 0 then return false end
  end
  if digest then
    if call('HLEN', checked) >= ${MOST_CHECKED} then call('DEL', checked) end
    call('HSET', checked, digest, part.size)
  end
  return true
end
for argument = 13, #ARGV, 2 do
  local part = { session = ARGV[argument], text = ARGV[argument + 1] }
  part.is_plain = not known and are_plain(part)
    and not (quota and call('ZCARD', base .. 'lane:' .. part.session) >= quota)
  if not part.is_plain then look_at(part) end
  parts[#parts + 1] = part
end
`;

const OTHERS = `
local refused, lanes, order, mailbox = {}, {}, {}, {}
local function take(part, number)
  local names, epochs = {}, {}
  for i, member in ipairs(part.members) do names[i], epochs[i] = match(member, '^([^%z]+)%z(.+)$') end
  local drops = call('HMGET', base .. 'drops', unpack(names))
  for i, x in ipairs(names) do
    if not (known and known[x]) then
      local place = part.plain[i] == 1 and { epoch = epochs[i], session = part.session } or attachment(x)
      local dropped = drops[i] and tonumber(match(drops[i], '^%d+'))
      local why = dropped and dropped >= tonumber(epochs[i]) and 'u'
        or quota and is_full(x, place and place.session, quota) and 'q'
      if why then
        refused[#refused + 1] = number
        refused[#refused + 1] = i
        refused[#refused + 1] = why
      elseif place and place.epoch == epochs[i]
        and (part.plain[i] == 1 or call('SISMEMBER', base .. 'plain:' .. place.session, part.members[i]) == 1) then
        local lane = lanes[place.session]
        if not lane then
          lane = {}
          lanes[place.session] = lane
          order[#order + 1] = place.session
        end
        lane[#lane + 1] = part.members[i]
      else
        mailbox[#mailbox + 1] = part.members[i]
      end
    end
  end
end
if quota and not is_forced then
  for _, part in ipairs(parts) do
    if not part.is_plain then
      if part.session ~= '' and is_crowded(part.session) then return { 'crowded', part.session } end
      for _, member in ipairs(part.members) do
        local place = attachment(match(member, '^[^%z]+'))
        if place and is_crowded(place.session) then return { 'crowded', place.session } end
      end
    end
  end
end
`;

/**
 * Enqueues a message for up to a thousand targets, which are in order and each there once.
 *
 * Arguments: the six of a message, of which all but the id are empty where the caller has seen it stored; for how many
 * ms it is known; TTL; the quota, or nothing; 1 to count in lanes however long they are, or nothing; the least and the
 * greatest of these identities; then, for each session that the caller believes to serve some, its name (or nothing)
 * and their identities and epochs, by turns with NULs between.
 *
 * Result: refusals in threes: which of these sessions, which of its targets, both counted from 1, and u (that epoch was
 * dropped) or q (the queue is full). Or `unknown`: the message isn't stored, and its contents are missing. Or `crowded`
 * and a session: its lane is too long for counting what somebody has in it. Then nothing has been enqueued.
 *
 * Atomic, so that whom an identity is attached to is still so when its delivery lies there, and what is enqueued twice
 * at once is found by the second.
 */
export const enqueueScript: Script = script({
  name: "enqueueMany",
  lua: [
    QUEUES,
    KEEP,
    REPETITIONS,
    ADD_PAGE,
    QUOTA,
    `
local keep_ms, ttl, quota = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local is_forced, first, last = ARGV[10] ~= '', ARGV[11], ARGV[12]
local m = call('HGET', base .. 'ids', ARGV[1])
if not m and ARGV[4] == '' then return { 'unknown' } end
local known = m and enqueued_before(m, first, last)
`,
    TARGETS,
    OTHERS,
    `
m = m or keep(1, keep_ms, ttl)
local expires, from, to = whole(now + ttl)
for number, part in ipairs(parts) do
  if part.is_plain then
    local _, k = add_page(m, part.text, part.size, part.session, expires, 'q')
    from, to = from or k, k
  else
    take(part, number)
  end
end
for _, session in ipairs(order) do
  local _, k = add_page(m, table.concat(lanes[session], '\\0'), #lanes[session], session, expires, 'q')
  from, to = from or k, k
end
if #mailbox > 0 then
  local member, k = add_page(m, table.concat(mailbox, '\\0'), #mailbox, '', expires, 'p')
  from, to = from or k, k
  local page, entries = page_of(member), {}
  for at, x in ipairs((names_of(page))) do
    entries[#entries + 1] = 0
    entries[#entries + 1] = parked_name(page, at)
    touched[x] = true
  end
  for i = 1, #entries, 1000 do call('ZADD', base .. 'parked', unpack(entries, i, math.min(i + 999, #entries))) end
end
if from then
  local key = base .. 'm:' .. m
  local highest = call('HGET', key, 'highest')
  add_chunk(m, first, last, from, to)
  if not highest or is_before(highest, last) then call('HSET', key, 'highest', last) end
end
flush()
return refused
`,
  ],
});
