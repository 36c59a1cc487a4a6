/**
 * The catalogue of indexes: a HASH of `version`, which is another after every change; `size`, the number of indexes;
 * `path:<n>` and `state:<n>` of each, the path as JSON, the state `building` or `ready`; `moves`, which grows
 * when values do; and while any is building what `backfill.ts` keeps there. Nothing is ever taken out of it.
 */

import { type Script, script } from "./script.ts";
import { CHECK_CATALOGUE } from "./write-keys.ts";

/** The version of a namespace without any index, which has no catalogue. */
export const NO_CATALOGUE = "0";

/**
 * Reads the catalogue.
 *
 * Keys: catalogue. Result: version, then path and state of each index in the order of their numbers.
 *
 * Atomic so that the fields are those of the version.
 */
export const loadCatalogueScript: Script = script({
  name: "load-catalogue",
  flags: ["no-writes"],
  lua: [
    `
local names = { 'version' }
for n = 0, (redis.call('HGET', KEYS[1], 'size') or 0) - 1 do
  names[#names + 1] = 'path:' .. n
  names[#names + 1] = 'state:' .. n
end
local catalogue = redis.call('HMGET', KEYS[1], unpack(names))
catalogue[1] = catalogue[1] or '${NO_CATALOGUE}'
return catalogue
`,
  ],
});

/**
 * Adds indexes. In a namespace where nobody stands they are ready; otherwise they are to be built, from the start.
 *
 * Keys: catalogue, order. Arguments: the version the caller knows; the new version, which nobody has had before; paths.
 *
 * Result: `stale catalogue` where the version is another, else `added`.
 *
 * Atomic so that of two callers one adds a path, and no writer who does not know of it comes in between: whoever has
 * written before is found by the backfill, and whoever writes afterwards must know the new version.
 */
export const appendCatalogueScript: Script = script({
  name: "append-catalogue",
  lua: [
    "local catalogue, order = KEYS[1], KEYS[2]",
    CHECK_CATALOGUE,
    `
local size = tonumber(redis.call('HGET', catalogue, 'size') or 0)
local state = redis.call('ZCARD', order) == 0 and 'ready' or 'building'
for i = 3, #ARGV do
  redis.call('HSET', catalogue, 'path:' .. size, ARGV[i], 'state:' .. size, state)
  size = size + 1
end
redis.call('HSET', catalogue, 'size', size, 'version', ARGV[2], 'cursor', '')
return 'added'
`,
  ],
});
