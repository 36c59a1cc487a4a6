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
 * The server's clock, for a cluster finds a script's node by its keys, and knows none for TIME.
 *
 * Keys: any of the namespace. Result: as TIME gives it. It is so short that it is sent in full, and never out of turn.
 */
export const clockScript: Script = script({
  name: "clock",
  flags: ["no-writes"],
  lua: ["return redis.call('TIME')"],
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
