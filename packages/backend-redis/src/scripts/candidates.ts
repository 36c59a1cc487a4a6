/** How indexes are asked. Each script answers `stale catalogue` where its caller knows another than the namespace has. */

import { SOME_RECORDS } from "./records.ts";
import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

/**
 * Counts what lies in ranges.
 *
 * Keys: catalogue, order, further sets. Arguments: the catalogue's version; then for each range the number of its set
 * among the keys from `order` on (1), its first text, and the first text behind it, or nothing where there is no end; at
 * most 250 ranges.
 *
 * Result: how many stand in the namespace, and how many lie in each range. Atomic so that the counts belong together.
 */
export const sizesScript: Script = script({
  name: "sizes",
  flags: ["no-writes"],
  lua: [
    "local catalogue = KEYS[1]",
    CHECK_CATALOGUE,
    `
local sizes = { redis.call('ZCARD', KEYS[2]) }
for i = 2, #ARGV, 3 do
  local max = ARGV[i + 2] == '' and '+' or '(' .. ARGV[i + 2]
  sizes[#sizes + 1] = redis.call('ZLEXCOUNT', KEYS[1 + ARGV[i]], '[' .. ARGV[i + 1], max)
end
return sizes
`,
  ],
});

/**
 * The first members of one range, in order.
 *
 * Keys: catalogue, a set. Arguments: the catalogue's version; first text of the range; the first behind it, or nothing;
 * most members, at most 1,000.
 *
 * Result: members. Atomic so that the set is one of that catalogue.
 */
export const pageScript: Script = script({
  name: "candidates-page",
  flags: ["no-writes"],
  lua: [
    "local catalogue = KEYS[1]",
    CHECK_CATALOGUE,
    `
local max = ARGV[3] == '' and '+' or '(' .. ARGV[3]
return redis.call('ZRANGE', KEYS[2], '[' .. ARGV[2], max, 'BYLEX', 'LIMIT', 0, ARGV[4])
`,
  ],
});

/**
 * Reads what stands first in one range whose members are in the order of identities.
 *
 * Keys: catalogue, a set, stamps, records. Arguments: the catalogue's version; first text of the range; the first behind
 * it, or nothing; most members, at most 256; where the identity begins in a member, counted from 1; and 1 to read records,
 * too.
 *
 * Result: the time; identities, in order, as many as were asked for unless that was all; and a stamp for each, empty where
 * there is none. With records they are lists, with those of the first of them behind, as many as `some_records` gives;
 * without, each list is one text, a NUL between two: it is quickly compared with another.
 *
 * Atomic so that the set is one of that catalogue, and entries, stamps and records belong together.
 */
export const stretchScript: Script = script({
  name: "candidates-stretch",
  flags: ["no-writes"],
  lua: [
    "local catalogue, set, stamps, records = KEYS[1], KEYS[2], KEYS[3], KEYS[4]",
    CHECK_CATALOGUE,
    CLOCK,
    SOME_RECORDS,
    `
local max, from, sub = ARGV[3] == '' and '+' or '(' .. ARGV[3], tonumber(ARGV[5]), string.sub
local identities = redis.call('ZRANGE', set, '[' .. ARGV[2], max, 'BYLEX', 'LIMIT', 0, ARGV[4])
for i, member in ipairs(identities) do identities[i] = sub(member, from) end
local known = #identities > 0 and redis.call('HMGET', stamps, unpack(identities)) or {}
for i, stamp in ipairs(known) do known[i] = stamp or '' end
if ARGV[6] == '1' then return { now, identities, known, some_records(records, identities) } end
return { now, table.concat(identities, '\\0'), table.concat(known, '\\0') }
`,
  ],
});

/**
 * Members of some ranges, one range after the other, until there are as many as asked for.
 *
 * Keys and arguments: as `sizes`, with most members of all together behind the version.
 *
 * Result: how often values have moved so far; then a list for each range, up to the one at which there were enough.
 *
 * Atomic so that nobody moves meanwhile from what has not been read to what has, matches throughout, and is missed. Who
 * reads on from there must compare how often values have moved.
 */
export const collectScript: Script = script({
  name: "candidates-collect",
  flags: ["no-writes"],
  lua: [
    "local catalogue = KEYS[1]",
    CHECK_CATALOGUE,
    `
local room = tonumber(ARGV[2])
local found = { redis.call('HGET', catalogue, 'moves') or '0' }
for i = 3, #ARGV, 3 do
  local max = ARGV[i + 2] == '' and '+' or '(' .. ARGV[i + 2]
  local members = redis.call('ZRANGE', KEYS[1 + ARGV[i]], '[' .. ARGV[i + 1], max, 'BYLEX', 'LIMIT', 0, room)
  found[#found + 1] = members
  room = room - #members
  if room == 0 then break end
end
return found
`,
  ],
});

/**
 * Which identities have given values too.
 *
 * Keys: catalogue, then for each value its index. Arguments: the catalogue's version; the values, each ended by NUL; then
 * identities, at most 1,000.
 *
 * Result: those who have all of them, in the order they were given.
 *
 * Atomic so that the indexes are those of that catalogue.
 */
export const meetScript: Script = script({
  name: "candidates-meet",
  flags: ["no-writes"],
  lua: [
    "local catalogue = KEYS[1]",
    CHECK_CATALOGUE,
    `
local identities = {}
for i = #KEYS + 1, #ARGV do identities[#identities + 1] = ARGV[i] end
for k = 2, #KEYS do
  if #identities == 0 then break end
  local members, kept = {}, {}
  for i, identity in ipairs(identities) do members[i] = ARGV[k] .. identity end
  for i, score in ipairs(redis.call('ZMSCORE', KEYS[k], unpack(members))) do
    if score then kept[#kept + 1] = identities[i] end
  end
  identities = kept
end
return identities
`,
  ],
});
