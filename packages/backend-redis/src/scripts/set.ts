import { REINDEX } from "./index-entries.ts";
import { BATCHES, LISTS } from "./lists.ts";
import { SOME_RECORDS } from "./records.ts";
import { type Script, script } from "./script.ts";
import { CLOCK, STAMPS } from "./stamps.ts";
import { CHECK_CATALOGUE, WRITE_KEYS } from "./write-keys.ts";

const READ_ARGUMENTS = `
local limit = tonumber(ARGV[2])
local terms = {}
local last = 3
for number = 1, tonumber(ARGV[3]) do
  local ttl, bound, session, address = ARGV[last + 1], ARGV[last + 2] == '1', ARGV[last + 3], ARGV[last + 4]
  local expiry = bound and 'bound' or ttl == '' and 'never' or whole(now + math.ceil(ttl))
  terms[tostring(number)] = {
    bound = bound, session = session, expiry = expiry,
    rest = ' ' .. ttl .. '\\0' .. session .. '\\0' .. address .. '\\0'
  }
  last = last + 4
end
local count = (#ARGV - last) / (#indexes > 0 and 6 or 5)
local identities, texts, attempts, term_numbers, modes, packs =
  last, last + count, last + 2 * count, last + 3 * count, last + 4 * count, last + 5 * count
`;

/** `alive` says of the sessions that matter whether they live; `found` and `before` hold what stands, by position. */
const READ_STORE = `
local found = redis.call('HMGET', stamps, unpack(ARGV, identities + 1, identities + count))
local alive, asked, sessions = {}, {}, {}
local function ask(session)
  if session == '' or alive[session] ~= nil then return end
  alive[session] = false
  asked[#asked + 1] = session
  sessions[#sessions + 1] = '$session/' .. session
end
for _, term in pairs(terms) do
  if term.bound then ask(term.session) end
end
for i = 1, count do
  if found[i] then
    found[i] = read_stamp(found[i])
    if ARGV[modes + i] == 'c' and is_live(found[i]) then ask(found[i].session) end
  end
end
for i, text in ipairs(fetch(stamps, sessions)) do alive[asked[i]] = text and is_live(read_stamp(text)) end
local before = {}
if #indexes > 0 then before = redis.call('HMGET', values, unpack(ARGV, identities + 1, identities + count)) end
local counted = limit and redis.call('ZCARD', order)
local first_epoch = math.max((redis.call('GET', epoch_mark) or 0) + 1, time[1] * 1000000 + time[2])
local next_epoch, started = first_epoch, whole(now)
`;

const STORE = `
local new_stamps, new_records, indexed, old_values, new_values = {}, {}, {}, {}, {}
local size = 0

local function store(i, identity, text)
  new_stamps[size + 1], new_stamps[size + 2] = identity, text
  new_records[size + 1], new_records[size + 2] = identity, ARGV[texts + i]
  size = size + 2
end

local function list(identity, session, was)
  if not (was and was.state == 's') then add(order, 0, identity) end
  local from = was and was.state == 's' and was.session or ''
  if from == session then return end
  if from ~= '' then remove(members, from .. '\\0' .. identity) end
  if session ~= '' then add(members, 0, session .. '\\0' .. identity) end
end

local function place(i, identity, term, was, expiry)
  if is_session(identity) then
    alive[string.sub(identity, 10)] = expiry == 'never' or expiry == 'bound' or tonumber(expiry) > now
  else
    list(identity, term.session, was)
    if #indexes > 0 then
      local size = #indexed + 1
      indexed[size], old_values[size], new_values[size] = identity, before[i] or '', ARGV[packs + i]
    end
  end
end

local function start(i, identity, term, was)
  store(i, identity, '1 s ' .. term.expiry .. ' ' .. whole(next_epoch) .. ' 1 ' .. started .. term.rest .. ARGV[attempts + i])
  next_epoch = next_epoch + 1
  if was then unqueue(identity, was) end
  if term.expiry ~= 'never' and term.expiry ~= 'bound' then add(queue_of(identity).due, term.expiry, identity) end
  place(i, identity, term, was, term.expiry)
end

local function rewrite(i, identity, term, was)
  local expiry = term.bound == (was.expiry == 'bound') and was.expiry or term.expiry
  local text = '1 s ' .. expiry .. ' ' .. was.epoch .. ' ' .. whole(was.revision + 1) .. ' ' .. was.registered ..
    term.rest .. ARGV[attempts + i]
  store(i, identity, text)
  if expiry ~= was.expiry then
    unqueue(identity, was)
    if expiry ~= 'never' and expiry ~= 'bound' then add(queue_of(identity).due, expiry, identity) end
  end
  place(i, identity, term, was, expiry)
  return text
end
`;

const DECIDE = `
local function decide(i, identity, term, was)
  local live = is_live(was)
  if live and was.attempt == ARGV[attempts + i] then return 'a' end
  if term.bound and not alive[term.session] then return 's' end
  local mode = ARGV[modes + i]
  if mode ~= 'c' and mode ~= 'r' then
    if not live then return 'g' end
    local epoch, revision = string.match(mode, '^([^:]*):?(.*)$')
    if was.epoch ~= epoch then return 'f' end
    return revision ~= '' and was.revision ~= revision and 'c' or 'w'
  end
  if mode == 'c' and live and alive[was.session] then return 'x' end
  if limit and not (was and was.state == 's') and not is_session(identity) then
    if counted >= limit then return 'q' end
    counted = counted + 1
  end
  return 'n'
end

local codes, shown, in_the_way = {}, {}, {}
for i = 1, count do
  local identity, term, was = ARGV[identities + i], terms[ARGV[term_numbers + i]], found[i]
  local code = decide(i, identity, term, was)
  codes[i] = code
  if code == 'n' then
    start(i, identity, term, was)
  elseif code == 'w' then
    shown[#shown + 1] = rewrite(i, identity, term, was)
  elseif code == 'a' or code == 'x' or code == 'f' or code == 'c' then
    shown[#shown + 1] = write_stamp(was)
    in_the_way[#in_the_way + 1] = identity
  end
end
local way_texts = some_records(in_the_way)
if size > 0 then
  send('HSET', stamps, new_stamps)
  send('HSET', records, new_records)
  write_lists()
  if #indexed > 0 then reindex(values, indexes, indexed, old_values, new_values) end
end
if next_epoch > first_epoch then redis.call('SET', epoch_mark, whole(next_epoch - 1)) end
return { now, first_epoch, table.concat(codes), shown, way_texts }
`;

/**
 * Stores entries, each as `SetMode` says, and keeps every list, queue and index in step with them.
 *
 * Keys: `writeKeys`. Arguments: the catalogue's version; most registrations the namespace may count, or nothing; the
 * number of terms, and for each term ttlMs, 1 where it is bound to its session, session, address; then columns, each as
 * long as the batch: identities, JSON texts, attempts, numbers of terms, modes, and, where there are indexes, packed
 * values. Terms are what the entries of a batch mostly have in common. A mode is `c`, `r`, or the epoch to be rewritten,
 * perhaps with `:` and its revision.
 *
 * Result: `stale catalogue`; or the time, the epoch of the first that was stored anew, from which theirs count up, a
 * letter for each entry (n stored anew, w rewritten, a its attempt stands already, x exists, f fenced by another epoch,
 * g fenced by nothing, c conflict, s session, q quota), the stamps, in order, of w, a, x, f and c, and the JSON texts of
 * the last four, as many as `some_records` gives.
 *
 * Atomic because all stamps are read, every entry is decided by them and by what those before it have done, and only then
 * is anything written, in one piece.
 */
export const setScript: Script = script({
  name: "set",
  lua: [
    WRITE_KEYS,
    CHECK_CATALOGUE,
    CLOCK,
    STAMPS,
    BATCHES,
    LISTS,
    REINDEX,
    SOME_RECORDS,
    READ_ARGUMENTS,
    READ_STORE,
    STORE,
    DECIDE,
  ],
});
