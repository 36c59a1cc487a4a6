/** Enqueueing: which targets get a delivery, and where it lies. */

import { type Script, script } from "../script.ts";
import { ADD_PAGE, QUOTA } from "./adding.ts";
import { BASE, PAGES_AND_MAILBOXES } from "./base.ts";
import { KEEP } from "./messages.ts";

/** Texts are compared by hand: the server's own order depends on its locale. */
const ORDER = `
local function is_before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
`;

/**
 * Each call leaves a line `c<n>` in the hash of the message: from which identity to which, and its pages. Callers go
 * through identities in order, so mostly a comparison tells that a message has been enqueued for none of these; else it
 * is looked for in those pages only that could have them.
 */
const REPETITIONS = `
local function enqueued_before(m, first, last)
  local key = base .. 'm:' .. m
  local highest, chunks = unpack(call('HMGET', key, 'highest', 'chunks'))
  if not highest or is_before(highest, first) then return nil end
  local known
  for n = 1, tonumber(chunks) do
    local low, high, from, to = match(call('HGET', key, 'c' .. n), '^([^%z]+)%z([^%z]+)%z(%d+)%z(%d+)%z')
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

/**
 * The parts of a call, each what one session is believed to serve. As long as nobody of a session has ceased to be plain
 * it keeps its version; so whoever is of the version in which the caller has been told that a text is of plain ones
 * only is not looked at.
 */
const PARTS = `
local sessions = {}
for i = 15, #ARGV, 3 do sessions[#sessions + 1] = ARGV[i] end
local seen, is_as_seen = call('HMGET', base .. 'versions', unpack(sessions)), true
for n, session in ipairs(sessions) do
  seen[n] = seen[n] == ARGV[11 + 3 * n] and not (quota and call('ZCARD', base .. 'lane:' .. session) >= quota)
  is_as_seen = is_as_seen and seen[n]
end
`;

/** Where everybody is plain, and nobody has it or could be full, lanes are filled as wholes, with hardly a look. */
const AS_SEEN = `
if is_as_seen then
  local highest, chunks, size
  if m then highest, chunks, size = unpack(call('HMGET', base .. 'm:' .. m, 'highest', 'chunks', 'size')) end
  if not highest or is_before(highest, first) then
    m = m or keep(1, keep_ms, ttl)
    local n, turn, expires = tonumber(chunks or '0') + 1, next_number('turn'), whole(now + ttl)
    local k, fields = 1000 * n, {}
    for i, session in ipairs(sessions) do
      fields[2 * i - 1], fields[2 * i] = 't' .. k, ARGV[13 + 3 * i]
      call('ZADD', base .. 'lane:' .. session, turn, m .. ':' .. k)
      k = k + 1
    end
    call('HSET', base .. 'm:' .. m, 'size', tonumber(size or '0') + tonumber(ARGV[13]), 'highest', last, 'chunks', n,
      'c' .. n, table.concat({ first, last, 1000 * n, k - 1, expires, turn }, '\\0'), unpack(fields))
    call('ZADD', base .. 'expiring', expires, m .. ':' .. n)
    return {}
  end
end
`;

/** What is of another version, or perhaps here already, is looked at, one by one. */
const LOOK = `
local versions, parts = {}, {}
local function look_at(part)
  part.members, part.plain, part.size = {}, {}, 0
  for member in gmatch(match(part.text, '^[^%z]*%z%d+%z(.*)$'), '[^%z]+%z[^%z]+') do
    part.size = part.size + 1
    part.members[part.size] = member
  end
  if part.session == '' then return false end
  part.plain = call('SMISMEMBER', base .. 'plain:' .. part.session, unpack(part.members))
  for i = 1, part.size do
    if part.plain[i] == 0 then return false end
  end
  return true
end
local function version_of(session)
  local version = call('HGET', base .. 'versions', session)
  if not version then
    version = next_number('version')
    call('HSET', base .. 'versions', session, version)
  end
  return version
end
for number, session in ipairs(sessions) do
  local text = ARGV[13 + 3 * number]
  local part = { session = session, text = text, is_plain = seen[number] }
  parts[number] = part
  if part.is_plain and not known then
    part.size = tonumber(match(text, '^[^%z]*%z(%d+)'))
  else
    part.is_plain = look_at(part)
    if part.is_plain then
      versions[#versions + 1] = number
      versions[#versions + 1] = version_of(session)
    end
    if known or quota and call('ZCARD', base .. 'lane:' .. session) >= quota then part.is_plain = false end
  end
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
 * greatest of these identities, and how many they are; then, for each session that the caller believes to serve some,
 * the version in which it has been told that all of these are plain (or nothing), its name (or nothing), and, with NULs
 * between, the same name, how many they are, and their identities and epochs by turns.
 *
 * Result: nothing, where all are as the caller has seen them. Else refusals in threes (which of these sessions, which
 * of its targets, both counted from 1, and u (that epoch was dropped) or q (the queue is full)), and in twos which of
 * the sessions have only plain ones, and their versions. Or `unknown`: the message isn't stored, and its contents are
 * missing. Or `crowded` and a session: its lane is too long for counting what somebody has in it. Then nothing has been
 * enqueued.
 *
 * Atomic, so that whom an identity is attached to is still so when its delivery lies there, and what is enqueued twice
 * at once is found by the second.
 */
export const enqueueScript: Script = script({
  name: "enqueueMany",
  lua: [
    BASE,
    KEEP,
    ORDER,
    `
local keep_ms, ttl, quota = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local is_forced, first, last = ARGV[10] ~= '', ARGV[11], ARGV[12]
local m = call('HGET', base .. 'ids', ARGV[1])
if not m and ARGV[4] == '' then return { 'unknown' } end
`,
    PARTS,
    AS_SEEN,
    PAGES_AND_MAILBOXES,
    REPETITIONS,
    ADD_PAGE,
    QUOTA,
    "local known = m and enqueued_before(m, first, last)",
    LOOK,
    OTHERS,
    `
m = m or keep(1, keep_ms, ttl)
local own = begin_call(m, first, last, whole(now + ttl))
for number, part in ipairs(parts) do
  if part.is_plain then add_page(own, part.text, part.size, part.session, 'q') else take(part, number) end
end
for _, session in ipairs(order) do
  add_page(own, text_for(session, lanes[session]), #lanes[session], session, 'q')
end
if #mailbox > 0 then
  local page, entries = page_of(add_page(own, text_for('', mailbox), #mailbox, '', 'p')), {}
  for at, x in ipairs((names_of(page))) do
    entries[#entries + 1] = 0
    entries[#entries + 1] = parked_name(page, at)
    touched[x] = true
  end
  in_pieces(entries, function(...) call('ZADD', base .. 'parked', ...) end)
end
if own.size > 0 then
  local key = base .. 'm:' .. m
  local highest = call('HGET', key, 'highest')
  end_call(own)
  if not highest or is_before(highest, last) then call('HSET', key, 'highest', last) end
end
flush()
return { refused, versions }
`,
  ],
});
