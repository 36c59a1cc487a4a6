/** Scripts that give out registrations, and the Lua by which they never give out more than a server may send at once. */

import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";

/**
 * The records of identities in their order, or `false` for the unknown. It stops after a MiB, at a sixteenth record at
 * the latest, so that no script lasts long however large they are: there may be fewer than identities, but at least one.
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
 * Reads registrations by identity.
 *
 * Keys: stamps, records. Arguments: up to a thousand identities.
 *
 * Result: the time, a stamp or nothing for each, and the records of the first of them, as many as `some_records` gives:
 * the rest is to be asked for again.
 *
 * Atomic so that stamps and records belong together.
 */
export const readScript: Script = script({
  name: "read",
  flags: ["no-writes"],
  lua: [
    "local stamps, records = KEYS[1], KEYS[2]",
    CLOCK,
    SOME_RECORDS,
    "return { now, redis.call('HMGET', stamps, unpack(ARGV)), some_records(records, ARGV) }",
  ],
});

/**
 * A page of identities in the order of their bytes, with their stamps.
 *
 * Keys: the sorted set that lists them, stamps. Arguments: what stands before each identity in that set; between which
 * members, as ZRANGE BYLEX wants it, in two; how many, up to a thousand.
 *
 * Result: the time; and where there are any, the identities and the stamps, each in one text with a NUL between two, which
 * is faster to send and to read than a text for each.
 *
 * Atomic so that each of them stands.
 */
export const pageScript: Script = script({
  name: "page",
  flags: ["no-writes"],
  lua: [
    CLOCK,
    `
local names = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4])
if #names == 0 then return { now } end
local prefix = #ARGV[1]
if prefix > 0 then
  for i = 1, #names do names[i] = string.sub(names[i], prefix + 1) end
end
local found = redis.call('HMGET', KEYS[2], unpack(names))
return { now, table.concat(names, '\\0'), table.concat(found, '\\0') }
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
