/** Handling once: a handler's commands, and the acknowledgement, in one piece. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";
import { SETTLE_ONE } from "./settle.ts";

/** Arguments: page, place and serial of the receipt, identity, id of the message. */
const ADMIT = `
local page, at, serial = page_of(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local function admit()
  if not page or names_of(page)[at] ~= ARGV[4] or call('HGET', page.key, 'id') ~= ARGV[5] then return 'fenced' end
  local state, details = state_of(page, at), held_details(page, at, serial)
  if state == 'd' or state == 'D' then return 'duplicate' end
  return details and details.last == '' and find(state, '[lmsk]') and 'leased' or 'fenced'
end
`;

/** Result: `leased`, `duplicate` (it is delivered) or `fenced`. Atomic so that the answer is of one moment. */
export const admitScript: Script = script({
  name: "handleOnce",
  flags: ["no-writes"],
  lua: [QUEUES, ADMIT, "return admit()"],
});

/**
 * Arguments: those five; then, for each command, how many parts it has, and these.
 *
 * Result: `handled`, `duplicate` or `fenced`, and what the first command that failed has said, if any.
 *
 * Atomic: commands run if and only if the delivery is acknowledged in the same piece, so nobody sees one without the
 * other. As in a transaction of Redis, those behind one that fails run all the same.
 */
export const handleScript: Script = script({
  name: "handleOnce",
  lua: [
    QUEUES,
    LIFE,
    SETTLE_ONE,
    ADMIT,
    `
local verdict = admit()
if verdict ~= 'leased' then return { verdict } end
if state_of(page, at) == 'k' then forget_lease(page, at, serial) end
settle_one(page, at, serial, 'a', 0, '', '')
flush()
local failure, i = false, 6
while i <= #ARGV do
  local size = tonumber(ARGV[i])
  local reply = redis.pcall(unpack(ARGV, i + 1, i + size))
  if type(reply) == 'table' and reply.err then failure = failure or reply.err end
  i = i + size + 1
end
return { 'handled', failure }
`,
  ],
});
