/**
 * How indexes that are building get the entries of who stood before them: page by page along the order of identities, by
 * one builder at a time. In the catalogue stand meanwhile `builder` and `until`, who builds and when its claim lapses, and
 * `cursor`, the identity up to which all is done.
 *
 * Everyone behind the cursor has been written by somebody who knows of the index, or is filled in when his turn comes.
 */

import { REINDEX } from "./index-entries.ts";
import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

/**
 * Claims the building, or goes on with it, and reads the next page.
 *
 * Keys: catalogue, order, records, values. Arguments: the catalogue's version; the builder's token; how long it claims the
 * building, in ms; most identities of a page; bytes of records after which a page ends.
 *
 * Result: `stale catalogue`; or for how many ms somebody else still has the claim; or the cursor, the cursor behind this
 * page, 1 if nobody stands behind that, and for each of the page its identity, its values and its record.
 *
 * Atomic so that nobody else gets the claim, and that the values are those of the record.
 */
export const readPageScript: Script = script({
  name: "backfill-read",
  lua: [
    "local catalogue, order, records, values = KEYS[1], KEYS[2], KEYS[3], KEYS[4]",
    CHECK_CATALOGUE,
    CLOCK,
    `
local token, limit, room = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
local builder, until_ms, cursor = unpack(redis.call('HMGET', catalogue, 'builder', 'until', 'cursor'))
if builder and builder ~= token and tonumber(until_ms) > now then return tonumber(until_ms) - now end
redis.call('HSET', catalogue, 'builder', token, 'until', whole(now + ARGV[3]))
cursor = cursor or ''
local min = cursor == '' and '-' or '(' .. cursor
local identities = redis.call('ZRANGE', order, min, '+', 'BYLEX', 'LIMIT', 0, limit)
local is_end = #identities < limit
local page, last = {}, cursor
for from = 1, #identities, 50 do
  local to = math.min(from + 49, #identities)
  local texts = redis.call('HMGET', records, unpack(identities, from, to))
  local packed = redis.call('HMGET', values, unpack(identities, from, to))
  for i = 1, to - from + 1 do
    last = identities[from + i - 1]
    if texts[i] then
      room = room - #texts[i]
      page[#page + 1] = last
      page[#page + 1] = packed[i] or ''
      page[#page + 1] = texts[i]
    end
  end
  if room <= 0 and to < #identities then
    is_end = false
    break
  end
end
return { cursor, last, is_end and 1 or 0, page }
`,
  ],
});

/**
 * Writes the entries of a page, of those who have not been written since it was read, and moves the cursor behind it.
 * Behind the last page all indexes are ready.
 *
 * Keys: catalogue, order, values, then all indexes in the order of the catalogue. Arguments: the catalogue's version; the
 * builder's token; how long it claims the building, in ms; cursor before and behind the page; the new version, which
 * nobody has had before, if this was the last page, else nothing; then for each of the page its identity, the values it
 * had, and the values of its record.
 *
 * Result: `stale catalogue`; `lost`, and nothing is written, if the claim or the cursor is another; else `done`.
 *
 * Atomic so that nobody is written between the comparison and the entry. Who has been written since the page was read has
 * all of his entries, because his writer knew the catalogue; and he has other values than before, unless none.
 */
export const fillPageScript: Script = script({
  name: "backfill-fill",
  lua: [
    "local catalogue, order, values = KEYS[1], KEYS[2], KEYS[3]",
    CHECK_CATALOGUE,
    CLOCK,
    REINDEX,
    `
local builder, cursor = unpack(redis.call('HMGET', catalogue, 'builder', 'cursor'))
if builder ~= ARGV[2] or (cursor or '') ~= ARGV[4] then return 'lost' end
local asked = {}
for i = 7, #ARGV, 3 do asked[#asked + 1] = ARGV[i] end
if #asked > 0 then
  local found = redis.call('HMGET', values, unpack(asked))
  local standing = redis.call('ZMSCORE', order, unpack(asked))
  local identities, before, packed = {}, {}, {}
  for i = 1, #asked do
    local at = 4 + 3 * i
    if standing[i] and (found[i] or '') == ARGV[at + 1] then
      identities[#identities + 1] = ARGV[at]
      before[#before + 1] = ARGV[at + 1]
      packed[#packed + 1] = ARGV[at + 2]
    end
  end
  local indexes = {}
  for i = 4, #KEYS do indexes[#indexes + 1] = KEYS[i] end
  reindex(values, indexes, identities, before, packed)
end
if ARGV[6] == '' then
  redis.call('HSET', catalogue, 'cursor', ARGV[5], 'until', whole(now + ARGV[3]))
else
  for n = 0, redis.call('HGET', catalogue, 'size') - 1 do redis.call('HSET', catalogue, 'state:' .. n, 'ready') end
  redis.call('HSET', catalogue, 'version', ARGV[6])
  redis.call('HDEL', catalogue, 'cursor', 'builder', 'until')
end
return 'done'
`,
  ],
});
