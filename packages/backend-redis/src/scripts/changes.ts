/**
 * Scripts and Lua of the log of changes: who has been written, in order, for processes that mirror where everyone is.
 *
 * It is a stream that is there only as long as somebody follows it: nobody else pays for it. An entry has one field, `i`: the
 * identities that one script has written, a NUL between two. Who has read it up to an entry has missed nothing as long as
 * that entry stands: the log has then neither ended and begun again, nor been shortened beyond it, nor been lost by a
 * server that took over.
 */

import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";

/** About so many entries are kept: whoever needs older ones is quicker to read everyone again. */
export const LOG_CAPACITY = 8_192;
/** Identities whose stamps one answer has, or as many more as one entry names: 250. */
const MAX_TOLD = 900;

const ADD_ENTRY = `'MAXLEN', '~', '${LOG_CAPACITY}', '*', 'i'`;

/** A line that logs what `names` gives: one identity, or some with a NUL between two. */
export function addChange(changes: string, names: string): string {
  return `redis.call('XADD', ${changes}, 'NOMKSTREAM', ${ADD_ENTRY}, ${names})`;
}

/** Logs up to 250 identities whose stamps have changed. Sessions are none of them: nobody mirrors those. */
export const LOG_CHANGES: string = `
local function log_changes(changes, names)
  if #names == 0 then return end
  ${addChange("changes", "table.concat(names, '\\0')")}
end
`;

/**
 * Begins the log, or keeps it for a while longer.
 *
 * Keys: changes. Arguments: ms. Result: the id of an entry behind which everything will stand that changes from now on.
 *
 * Atomic so that no log is left behind for ever. It runs on a full server, too: it takes hardly any room.
 */
export const followScript: Script = script({
  name: "follow",
  flags: ["allow-oom"],
  lua: [
    `
local id = redis.call('XADD', KEYS[1], ${ADD_ENTRY}, '')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return id
`,
  ],
});

/**
 * Tells what has changed behind an entry.
 *
 * Keys: changes, stamps. Arguments: the id of that entry.
 *
 * Result: the time; the id of the last entry of which it tells; 1 where there are more behind that one; identities, each
 * once; and their stamps, or nothing. Nothing at all when that entry does not stand any more.
 *
 * Atomic so that the stamps are no older than the entries, and the time is none before them.
 */
export const changesScript: Script = script({
  name: "changes",
  flags: ["no-writes"],
  lua: [
    "local changes, stamps, last = KEYS[1], KEYS[2], ARGV[1]",
    CLOCK,
    `
if #redis.call('XRANGE', changes, last, last) == 0 then return end
local names, is_named, has_more = {}, {}, 1
while #names < ${MAX_TOLD} do
  local entries = redis.call('XRANGE', changes, '(' .. last, '+', 'COUNT', 16)
  if #entries == 0 then
    has_more = 0
    break
  end
  for _, entry in ipairs(entries) do
    if #names >= ${MAX_TOLD} then break end
    last = entry[1]
    for name in string.gmatch(entry[2][2], '%Z+') do
      if not is_named[name] then
        is_named[name] = true
        names[#names + 1] = name
      end
    end
  end
end
return { now, last, has_more, names, #names > 0 and redis.call('HMGET', stamps, unpack(names)) or {} }
`,
  ],
});
