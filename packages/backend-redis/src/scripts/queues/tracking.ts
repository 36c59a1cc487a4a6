/** What is known of the deliveries of one multicast. */

import { type Script, script } from "../script.ts";

/**
 * Argument: the id of a message. Result: how many it has, were delivered, have failed, are dead letters, and 1 where
 * its retention is over.
 */
export const countsScript: Script = script({
  name: "counts",
  flags: ["no-writes"],
  lua: [
    `
local m = redis.call('HGET', KEYS[1] .. 'ids', ARGV[1])
if not m then return false end
return redis.call('HMGET', KEYS[1] .. 'm:' .. m, 'size', 'delivered', 'failed', 'letters', 'over')
`,
  ],
});

/**
 * Argument: the id. Result: the message's number, and a line for each call that enqueued it: least identity, greatest,
 * first page, last.
 */
export const chunksScript: Script = script({
  name: "deliveries",
  flags: ["no-writes"],
  lua: [
    `
local m = redis.call('HGET', KEYS[1] .. 'ids', ARGV[1])
if not m then return false end
local key = KEYS[1] .. 'm:' .. m
local lines = {}
for n = 1, tonumber(redis.call('HGET', key, 'chunks') or '0') do lines[n] = redis.call('HGET', key, 'c' .. n) end
return { m, lines }
`,
  ],
});

/**
 * Arguments: number of a message, and of pages of it, a few.
 *
 * Result: 1 where its retention is over, and for each page its identities and epochs, its states, and the details of
 * those that have any: places and details by turns. Atomic so that states and details belong together.
 */
export const pagesScript: Script = script({
  name: "deliveries",
  flags: ["no-writes"],
  lua: [
    `
local key, pages = KEYS[1] .. 'm:' .. ARGV[1], {}
for i = 2, #ARGV do
  local k, details = ARGV[i], {}
  local text, states = unpack(redis.call('HMGET', key, 't' .. k, 's' .. k))
  if text then
    local size, start = string.match(text, '^[^%z]*%z(%d+)%z()')
    text = string.sub(text, start)
    states = states and string.match(states, '[^%z]*$') or string.rep('q', tonumber(size))
  end
  local at = states and string.find(states, '[skDXfF]')
  while at do
    details[#details + 1] = at
    details[#details + 1] = redis.call('HGET', key, 'd' .. k .. '.' .. at)
    at = string.find(states, '[skDXfF]', at + 1)
  end
  if states then pages[#pages + 1] = { text, states, details } end
end
return { redis.call('HEXISTS', key, 'over'), pages }
`,
  ],
});
