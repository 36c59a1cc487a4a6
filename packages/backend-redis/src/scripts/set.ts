import { LOG_CHANGES } from "./changes.ts";
import { REINDEX } from "./index-entries.ts";
import { BATCHES, LISTS } from "./lists.ts";
import { SOME_RECORDS } from "./records.ts";
import { type Script, script } from "./script.ts";
import { CLOCK, NEXT_EPOCH, STAMPS } from "./stamps.ts";
import { CHECK_CATALOGUE, WRITE_KEYS } from "./write-keys.ts";

/** Makes of the arguments `terms`; of what stands `was`, stamps by position; and `alive`, by session, for all that matter. */
const READ = `
local limit, term_count = tonumber(ARGV[2]), tonumber(ARGV[3])
local mark = 4 + 4 * term_count
local identities = mark + term_count
local count = (#ARGV - identities) / (#indexes > 0 and 6 or 5)
local texts, attempts, term_numbers, modes, packs =
  identities + count, identities + 2 * count, identities + 3 * count, identities + 4 * count, identities + 5 * count
local found = redis.call('HMGET', stamps, unpack(ARGV, mark, texts))

local terms, alive = {}, {}
for number = 1, term_count do
  local at = 4 * number
  local ttl, bound, session, address = ARGV[at], ARGV[at + 1] == '1', ARGV[at + 2], ARGV[at + 3]
  terms[tostring(number)] = {
    bound = bound, session = session, ends = not bound and ttl ~= '',
    expiry = bound and 'bound' or ttl == '' and 'never' or whole(now + math.ceil(ttl)),
    rest = '\\0' .. ttl .. '\\0' .. session .. '\\0' .. address .. '\\0'
  }
  local record = found[1 + number]
  if bound and session ~= '' then alive[session] = record and is_live(read_stamp(record), now) end
end

local was, asked, sessions = {}, {}, {}
for i = 1, count do
  local text = found[1 + term_count + i]
  if text then
    local stamp = read_stamp(text)
    was[i] = stamp
    if stamp.session ~= '' and alive[stamp.session] == nil then
      alive[stamp.session] = false
      asked[#asked + 1] = stamp.session
      sessions[#sessions + 1] = '$session/' .. stamp.session
    end
  end
end
if #asked > 0 then
  for i, text in ipairs(fetch(stamps, sessions)) do alive[asked[i]] = text and is_live(read_stamp(text), now) end
end
local counted = limit and redis.call('ZCARD', order)
local old_values = #indexes > 0 and redis.call('HMGET', values, unpack(ARGV, identities + 1, texts))
`;

/** What is stored has an `expiry` and a `life`: what the stamp says of epoch, revision and time of registration. */
const DECIDE = `
local next_epoch = ${NEXT_EPOCH}
local first_epoch, started = next_epoch, whole(now)
local new_stamps, new_records, indexed, before, after = { '', '' }, {}, {}, {}, {}
local codes, shown, in_the_way, logged, size = {}, {}, {}, {}, 0

for i = 1, count do
  local identity, term, mode, stamp = ARGV[identities + i], terms[ARGV[term_numbers + i]], ARGV[modes + i], was[i]
  local live, stands = is_live(stamp, now), stamp and stamp.state == 's'
  local of_session = is_session(identity)
  local code, expiry, life
  if live and stamp.attempt == ARGV[attempts + i] then
    code = 'a'
  elseif term.bound and not alive[term.session] then
    code = 's'
  elseif mode == 'c' or mode == 'r' then
    local takes_room = not stands and not of_session
    if live and mode == 'c' and alive[stamp.session] then
      code = 'x'
    elseif limit and takes_room and counted >= limit then
      code = 'q'
    else
      code, expiry, life = 'n', term.expiry, '\\0' .. whole(next_epoch) .. '\\0' .. '1' .. '\\0' .. started
      next_epoch = next_epoch + 1
      if limit and takes_room then counted = counted + 1 end
    end
  elseif not live then
    code = 'g'
  else
    local epoch, revision = string.match(mode, '^([^:]*):?(.*)$')
    if stamp.epoch ~= epoch then
      code = 'f'
    elseif revision ~= '' and stamp.revision ~= revision then
      code = 'c'
    else
      code, expiry = 'w', term.bound == (stamp.expiry == 'bound') and stamp.expiry or term.expiry
      life = '\\0' .. epoch .. '\\0' .. whole(stamp.revision + 1) .. '\\0' .. stamp.registered
    end
  end
  codes[i] = code
`;

const STORE = `
  if life then
    local text = '1\\0s\\0' .. expiry .. life .. term.rest .. ARGV[attempts + i] .. '\\0' .. #ARGV[texts + i]
    new_stamps[size + 3], new_stamps[size + 4] = identity, text
    new_records[size + 1], new_records[size + 2] = identity, ARGV[texts + i]
    size = size + 2
    if code == 'w' then shown[#shown + 1] = text end
    if code == 'n' or expiry ~= stamp.expiry then
      if stamp then unqueue(removals, queues, identity, stamp, now) end
      if term.ends then add(additions, (of_session and expiring_sessions or expiring).due, expiry, identity) end
    end
    if of_session then
      alive[string.sub(identity, 10)] = not tonumber(expiry) or tonumber(expiry) > now
    else
      logged[#logged + 1] = identity
      if not stands then add(additions, order, '0', identity) end
      local from = stands and stamp.session or ''
      if from ~= term.session then
        if from ~= '' then remove(removals, members, from .. '\\0' .. identity) end
        if term.session ~= '' then add(additions, members, '0', term.session .. '\\0' .. identity) end
      end
      if old_values then
        local last = #indexed + 1
        indexed[last], before[last], after[last] = identity, old_values[i] or '', ARGV[packs + i]
      end
    end
  elseif code ~= 's' and code ~= 'q' and code ~= 'g' then
    shown[#shown + 1] = write_stamp(stamp)
    in_the_way[#in_the_way + 1] = identity
  end
end

if size > 0 then
  new_stamps[2] = next_epoch > first_epoch and whole(next_epoch - 1) or found[1]
  send('HSET', stamps, new_stamps)
  send('HSET', records, new_records)
  write_lists(removals, additions)
  if old_values then reindex(values, indexes, indexed, before, after) end
  log_changes(changes, logged)
end
if #shown == 0 then return { now, first_epoch, table.concat(codes) } end
return { now, first_epoch, table.concat(codes), shown, some_records(records, in_the_way) }
`;

/**
 * Stores entries, each as `SetMode` says, and keeps every list, queue and index in step with them.
 *
 * Keys: `writeKeys`. Arguments: the catalogue's version; most registrations the namespace may count, or nothing; the
 * number of terms; for each term ttlMs, 1 where it is bound to its session, session, address; an empty one; for each term
 * the identity of the session it is bound to, or an empty one; then columns, each as long as the batch, of up to 250:
 * identities, records, attempts, numbers of terms, modes, and, where there are indexes, packed values. Terms are what
 * the entries of a batch mostly have in common. A mode is `c`, `r`, or the epoch to be rewritten, perhaps with `:` and its
 * revision.
 *
 * Result: `stale catalogue`; or the time, the epoch of the first that was stored anew, from which theirs count up, a
 * letter for each entry (n stored anew, w rewritten, a its attempt stands already, x exists, f fenced by another epoch,
 * g fenced by nothing, c conflict, s session, q quota), the stamps, in order, of w, a, x, f and c, and the records of
 * the last four, as many as `some_records` gives; no lists where both are empty.
 *
 * Atomic because all stamps are read, every entry is decided by them and by what those before it have done, and only then
 * is anything written, in one piece.
 */
export const setScript: Script = script({
  name: "setMany",
  lua: [
    WRITE_KEYS,
    CHECK_CATALOGUE,
    CLOCK,
    STAMPS,
    BATCHES,
    LISTS,
    REINDEX,
    SOME_RECORDS,
    LOG_CHANGES,
    READ,
    DECIDE,
    STORE,
  ],
});
