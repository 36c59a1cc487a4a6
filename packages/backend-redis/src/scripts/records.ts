/** Scripts that give out registrations, and the Lua by which they never give out more than a server may send at once. */

import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";

/**
 * The JSON texts of identities in their order, or `false` for the unknown. It stops after a MiB, at a sixteenth text at
 * the latest, so that no script lasts long however large records are: there may be fewer texts than identities, but at
 * least one.
 */
export const SOME_RECORDS = `
local function some_records(records, names)
  local texts, size, bytes = {}, 0, 0
  for from = 1, #names, 16 do
    local some = redis.call('HMGET', records, unpack(names, from, math.min(from + 15, #names)))
    for i = 1, #some do
      size = size + 1
      texts[size] = some[i]
      if some[i] then bytes = bytes + #some[i] end
    end
    if bytes > 1048576 then break end
  end
  return texts
end
`;

/**
 * A page as one text each of identities, stamps and JSON: that is faster to send and to read than a text for each. NULs
 * stand between identities and between stamps, which have ten fields; metadata is a JSON array.
 */
const PAGE = `
local function json_list(texts)
  for i = 1, #texts do texts[i] = texts[i] or 'null' end
  return '[' .. table.concat(texts, ',') .. ']'
end
local function stamp_list(found)
  for i = 1, #found do found[i] = found[i] or '\\0\\0\\0\\0\\0\\0\\0\\0\\0' end
  return table.concat(found, '\\0')
end
`;

/**
 * Reads registrations by identity.
 *
 * Keys: stamps, records. Arguments: up to a thousand identities.
 *
 * Result: the time, a stamp for each, empty where nothing is known, and the JSON array of the first of them, as many as
 * `some_records` gives: the rest is to be asked for again.
 */
export const readScript: Script = script({
  name: "read",
  flags: ["no-writes"],
  lua: [
    "local stamps, records = KEYS[1], KEYS[2]",
    CLOCK,
    SOME_RECORDS,
    PAGE,
    "local found = redis.call('HMGET', stamps, unpack(ARGV))",
    "return { now, stamp_list(found), json_list(some_records(records, ARGV)) }",
  ],
});

/**
 * A page of identities in the order of their bytes, with their stamps and, given the key of records, their JSON texts.
 *
 * Keys: the sorted set that lists them, stamps, and perhaps records. Arguments: what stands before each identity in that
 * set; between which members, as ZRANGE BYLEX wants it, in two; how many, up to a thousand.
 *
 * Result: the time, how many there are, the identities, their stamps, and the JSON array of as many of them as
 * `some_records` gives: the rest belongs to the next page.
 */
export const pageScript: Script = script({
  name: "page",
  flags: ["no-writes"],
  lua: [
    "local stamps, records = KEYS[2], KEYS[3]",
    CLOCK,
    SOME_RECORDS,
    PAGE,
    `
local names = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4])
if #names == 0 then return { now, 0 } end
local prefix = #ARGV[1]
if prefix > 0 then
  for i = 1, #names do names[i] = string.sub(names[i], prefix + 1) end
end
local found = redis.call('HMGET', stamps, unpack(names))
local texts = records and json_list(some_records(records, names))
return { now, #names, table.concat(names, '\\0'), stamp_list(found), texts }
`,
  ],
});

/**
 * How many registrations there are.
 *
 * Keys: order, the queue of what expires, and of that what is claimed.
 *
 * Result: how many stand, and how many of those have expired.
 */
export const censusScript: Script = script({
  name: "census",
  flags: ["no-writes"],
  lua: [
    CLOCK,
    "return { redis.call('ZCARD', KEYS[1]), redis.call('ZCOUNT', KEYS[2], '-inf', now) + redis.call('ZCARD', KEYS[3]) }",
  ],
});
