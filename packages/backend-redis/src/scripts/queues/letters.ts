/** Dead letters, and what is known of deliveries. */

import { type Script, script } from "../script.ts";
import { ADD_PAGE, QUOTA } from "./adding.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";

/**
 * Reads dead letters in order.
 *
 * Arguments: from and to, as ZRANGE BYLEX has them; how many. It stops after a MiB of payloads.
 *
 * Result: for each five: its name (identity, id and place, with NULs between), its details, content type, when it was
 * sent, and payload. Atomic so that the parts of one belong together.
 */
export const lettersScript: Script = script({
  name: "list",
  flags: ["no-writes"],
  lua: [
    QUEUES,
    `
local letters, bytes = {}, 0
for _, name in ipairs(call('ZRANGE', base .. 'letters', ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])) do
  local m, k, at = match(name, '%z(%d+):(%d+):(%d+)$')
  local found = call('HMGET', base .. 'm:' .. m, 'd' .. k .. '.' .. at, 'type', 'sent', 'body')
  -- Of a message that somebody has deleted there is nothing to show.
  if found[1] and found[4] then
    letters[#letters + 1] = name
    for i = 1, 4 do letters[#letters + 1] = found[i] end
    bytes = bytes + #found[4]
  end
  if bytes > 1048576 then break end
end
return letters
`,
  ],
});

/** Where a dead letter lies, by identity and id of the message. */
const FIND = `
local function find_letter(x, id)
  local start = x .. '\\0' .. id .. '\\0'
  local name = call('ZRANGE', base .. 'letters', '[' .. start, '(' .. x .. '\\0' .. id .. '\\1', 'BYLEX', 'LIMIT', 0, 1)[1]
  if name then return parked_in(name) end
end
`;

/**
 * Redrives up to 125 dead letters: each becomes a page of its own, for the life that is attached, or else for the next
 * one.
 *
 * Arguments: TTL, the quota or nothing, 1 or nothing as of enqueueing, identities and ids by turns.
 *
 * Result: for each a letter: r redriven, n there is none, q the queue is full; or `crowded` and a session, as of
 * enqueueing.
 *
 * Atomic so that it is queued once, and is a dead letter no more.
 */
export const redriveScript: Script = script({
  name: "redriveMany",
  lua: [
    QUEUES,
    LIFE,
    QUOTA,
    ADD_PAGE,
    FIND,
    `
local expires, quota, verdicts = whole(now + tonumber(ARGV[1])), tonumber(ARGV[2]), {}
if quota and ARGV[3] == '' then
  for i = 4, #ARGV, 2 do
    local place = attachment(ARGV[i])
    if place and is_crowded(place.session) then return { 'crowded', place.session } end
  end
end
for i = 4, #ARGV, 2 do
  local x = ARGV[i]
  local page, at = find_letter(x, ARGV[i + 1])
  local place = attachment(x)
  if not page then
    verdicts[#verdicts + 1] = 'n'
  elseif quota and is_full(x, place and place.session, quota) then
    verdicts[#verdicts + 1] = 'q'
  else
    local _, epochs = names_of(page)
    local dropped = tonumber(match(call('HGET', base .. 'drops', x) or '', '^%d+') or '-1')
    local epoch = math.max(tonumber(epochs[at]), place and tonumber(place.epoch) or 0, dropped + 1)
    forget_letter(page, at)
    put(page, at, at, 'g')
    count(page, 'failed', -1)
    count(page, 'size', -1)
    local own = begin_call(page.m, x, x, expires)
    local member = add_page(own, text_for('', { x .. '\\0' .. whole(epoch) }), 1, '', 'p')
    end_call(own)
    park(page_of(member), 1, 'p')
    relist_touched()
    verdicts[#verdicts + 1] = 'r'
  end
end
flush()
return verdicts
`,
  ],
});

/** Throws up to 125 away. Arguments: identities and ids by turns. Result: for each r, or n as above. Atomic as above. */
export const purgeScript: Script = script({
  name: "purgeMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    FIND,
    `
local verdicts = {}
for i = 1, #ARGV, 2 do
  local page, at = find_letter(ARGV[i], ARGV[i + 1])
  if page then
    forget_letter(page, at)
    put(page, at, at, 'F')
  end
  verdicts[#verdicts + 1] = page and 'r' or 'n'
end
flush()
return verdicts
`,
  ],
});
