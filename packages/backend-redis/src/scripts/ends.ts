/** The two ways out: a delete, and the reaper's two steps. */

import { LOG_CHANGES } from "./changes.ts";
import { REINDEX } from "./index-entries.ts";
import { BATCHES, LISTS, UNLIST } from "./lists.ts";
import { SOME_RECORDS } from "./records.ts";
import { type Script, script } from "./script.ts";
import { CLOCK, STAMPS } from "./stamps.ts";
import { CHECK_CATALOGUE, WRITE_KEYS } from "./write-keys.ts";

/**
 * `erase` forgets an identity, of which only the epoch mark remembers something; `known` gives the stamp of the one at a
 * position, as those before it have left it.
 */
const ERASE = `
local count = (#ARGV - 1) / 2
local found = redis.call('HMGET', stamps, unpack(ARGV, 2, count + 1))
local before = #indexes > 0 and redis.call('HMGET', values, unpack(ARGV, 2, count + 1)) or {}
local latest, gone, logged, indexed, old_values, no_values = {}, {}, {}, {}, {}, {}
local function known(i)
  local identity = ARGV[1 + i]
  if latest[identity] == nil then latest[identity] = found[i] and read_stamp(found[i]) end
  return latest[identity]
end
local function unlist_at(i, identity, stamp)
  unlist(removals, queues, identity, stamp, now)
  if not is_session(identity) then logged[#logged + 1] = identity end
  if not before[i] then return end
  local size = #indexed + 1
  indexed[size], old_values[size], no_values[size] = identity, before[i], ''
end
local function erase(i, identity, stamp)
  unlist_at(i, identity, stamp)
  gone[#gone + 1] = identity
  latest[identity] = false
end
local function write_erased()
  send('HDEL', stamps, gone)
  send('HDEL', records, gone)
  write_lists(removals, additions)
  if #indexed > 0 then reindex(values, indexes, indexed, old_values, no_values) end
  log_changes(changes, logged)
end
`;

/** What stands in front of both scripts that take registrations out. */
const ENDING = [WRITE_KEYS, CHECK_CATALOGUE, CLOCK, STAMPS, BATCHES, LISTS, UNLIST, REINDEX, LOG_CHANGES, ERASE];

/**
 * Removes registrations at once, as `DeleteKey` says.
 *
 * Keys: `writeKeys`. Arguments: the catalogue's version; then in columns, of up to 250, identities, and `e` with an
 * epoch or `a` with an attempt.
 *
 * Result: `stale catalogue`, or a letter for each: d deleted, a absent, f fenced.
 *
 * Atomic because stamps are read, decided about and removed, with all that lists them, in one script. It only makes room.
 */
export const deleteScript: Script = script({
  name: "delete",
  flags: ["allow-oom"],
  lua: [
    ...ENDING,
    `
local outcomes = {}
for i = 1, count do
  local stamp, key = known(i), ARGV[1 + count + i]
  if not is_live(stamp, now) then
    outcomes[i] = 'a'
  elseif key ~= 'e' .. stamp.epoch and key ~= 'a' .. stamp.attempt then
    outcomes[i] = 'f'
  else
    outcomes[i] = 'd'
    erase(i, ARGV[1 + i], stamp)
  end
end
write_erased()
return table.concat(outcomes)
`,
  ],
});

/**
 * Ends claimed steps: what has expired becomes a tombstone, and a tombstone nothing.
 *
 * Keys: `writeKeys`. Arguments: the catalogue's version; then in columns, of up to 250, identities, and `e`
 * (expired) or `o` (over) with the epoch that the step was claimed for.
 *
 * Result: `stale catalogue`, or nothing. A claim on another epoch, or on another step than is due, does nothing.
 *
 * Atomic for the same reason as the delete; a tombstone takes less room than what it is left of.
 */
export const confirmScript: Script = script({
  name: "confirm",
  flags: ["allow-oom"],
  lua: [
    ...ENDING,
    `
local buried = {}
for i = 1, count do
  local identity, stamp, claim = ARGV[1 + i], known(i), ARGV[1 + count + i]
  if stamp and stamp.state == 's' and is_expired(stamp, now) and claim == 'e' .. stamp.epoch then
    unlist_at(i, identity, stamp)
    stamp.state, stamp.is_fresh = 't' .. whole(now), true
    buried[#buried + 1] = identity
    buried[#buried + 1] = write_stamp(stamp)
    add(additions, graves.due, whole(now), identity)
  elseif stamp and stamp.state ~= 's' and not stamp.is_fresh and claim == 'o' .. stamp.epoch then
    erase(i, identity, stamp)
  end
end
send('HSET', stamps, buried)
write_erased()
`,
  ],
});

const CLAIM = `
local limit, until_then, grace = tonumber(ARGV[1]), whole(now + ARGV[2]), tonumber(ARGV[3])
local all = { expiring, expiring_sessions, graves }

local function due_at(stamp) return stamp.state == 's' and stamp.expiry or string.sub(stamp.state, 2) end

for _, queue in ipairs(all) do
  local lapsed = redis.call('ZRANGE', queue.claimed, '-inf', now, 'BYSCORE', 'LIMIT', 0, 250)
  for i, text in ipairs(fetch(stamps, lapsed)) do
    remove(removals, queue.claimed, lapsed[i])
    if text then add(additions, queue.due, due_at(read_stamp(text)), lapsed[i]) end
  end
end
write_lists(removals, additions)
removals, additions = {}, {}

local waiting, heads = {}, {}
for number, queue in ipairs(all) do
  local delay = queue == graves and grace or 0
  waiting[number] = redis.call('ZRANGE', queue.due, '-inf', whole(now - delay), 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
  for i = 2, #waiting[number], 2 do waiting[number][i] = waiting[number][i] + delay end
  heads[number] = 1
end
local names, queue_of_name = {}, {}
while #names < limit do
  local oldest
  for number = 1, 3 do
    local instant = waiting[number][heads[number] + 1]
    if instant and (not oldest or instant < waiting[oldest][heads[oldest] + 1]) then oldest = number end
  end
  if not oldest then break end
  names[#names + 1] = waiting[oldest][heads[oldest]]
  queue_of_name[#names] = all[oldest]
  heads[oldest] = heads[oldest] + 2
end
if #names == 0 then return { {}, {}, {} } end

local texts = some_records(records, names)
local claimed = { unpack(names, 1, #texts) }
for i, identity in ipairs(claimed) do
  remove(removals, queue_of_name[i].due, identity)
  add(additions, queue_of_name[i].claimed, until_then, identity)
end
write_lists(removals, additions)
return { claimed, fetch(stamps, claimed), texts }
`;

/**
 * Claims due steps, oldest first, once it has put back those whose claim has lapsed.
 *
 * Keys: `writeKeys` without indexes. Arguments: how many, up to 250; for how many ms; ms from the confirmation of
 * `expired` until `over` is due.
 *
 * Result: identities, their stamps (a tombstone's step is `over`) and their records; fewer than are due when they are
 * large, as `some_records` says.
 *
 * Atomic: a step leaves the queue of what is due in the script that finds it there, so that nobody else does. Finding it
 * takes no longer however many have been claimed, for those wait in a queue of their own.
 */
export const reapScript: Script = script({
  name: "reap",
  flags: ["allow-oom"],
  lua: [WRITE_KEYS, CLOCK, STAMPS, BATCHES, LISTS, SOME_RECORDS, CLAIM],
});
