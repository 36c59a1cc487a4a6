/**
 * Scripts and Lua of the log of changes: who has been written since when, for processes that mirror where everyone is.
 *
 * It is one sorted set of identities by the version in which each last changed, so that it never holds an identity twice,
 * and it is there only as long as somebody follows it: nobody else pays for it. Three members of it are no identities, for
 * those hold no NUL: NUL `version`, whose score is the last version; NUL `floor`, up to which entries have been dropped;
 * and NUL `generation` NUL and its id, with the score `+inf`, for a log that has been away is another log.
 */

import { type Script, script } from "./script.ts";
import { CLOCK } from "./stamps.ts";

/** Entries of a log, beyond which the oldest are dropped: whoever still needs them is quicker to read everyone again. */
export const LOG_CAPACITY = 65_536;
/** Changes that one answer tells of. One script writes at most 250 of a version, so that every answer gets ahead. */
const MAX_TOLD = 1_000;

/** Logs up to 250 identities, none twice, whose stamps have changed. Sessions are none of them: nobody mirrors those. */
export const LOG_CHANGES: string = `
local function log_changes(changes, names)
  if #names == 0 or redis.call('EXISTS', changes) == 0 then return end
  local version, list = redis.call('ZINCRBY', changes, 1, '\\0version'), {}
  for i, name in ipairs(names) do list[2 * i - 1], list[2 * i] = version, name end
  redis.call('ZADD', changes, unpack(list))
  local surplus = redis.call('ZCARD', changes) - ${LOG_CAPACITY}
  if surplus > 0 then
    local dropped = redis.call('ZPOPMIN', changes, surplus)
    redis.call('ZADD', changes, dropped[#dropped], '\\0floor')
  end
end
`;

/** Which log it is, and on which server: one that takes over has perhaps not got all that another has told. */
const READ_NAMES = `
local generation = redis.call('ZRANGE', changes, '+inf', '+inf', 'BYSCORE')[1]
local server = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
`;

/**
 * Begins a log, unless there is one, and keeps it for a while.
 *
 * Keys: changes. Arguments: the id of a new log; ms.
 *
 * Result: the log's id, the server's, and the version.
 *
 * Atomic so that what is changed from then on is logged. It runs on a full server, too: it takes hardly any room.
 */
export const followScript: Script = script({
  name: "follow",
  flags: ["allow-oom"],
  lua: [
    "local changes = KEYS[1]",
    READ_NAMES,
    `
if not generation then
  generation = '\\0generation\\0' .. ARGV[1]
  redis.call('DEL', changes)
  redis.call('ZADD', changes, '+inf', generation, '0', '\\0version')
end
redis.call('PEXPIRE', changes, ARGV[2])
return { string.sub(generation, 13), server, redis.call('ZSCORE', changes, '\\0version') }
`,
  ],
});

/**
 * Tells what has changed behind a version.
 *
 * Keys: changes, stamps. Arguments: the log's id, the server's, and the version, as they have been told.
 *
 * Result: the time; the version up to which it tells everything, with more behind it when that is not the last; the last;
 * identities, and their stamps or nothing. Nothing at all when the log does not tell everything behind that version.
 *
 * Atomic so that the stamps are of that version or later, and the time is none before them.
 */
export const changesScript: Script = script({
  name: "changes",
  flags: ["no-writes"],
  lua: [
    "local changes, stamps = KEYS[1], KEYS[2]",
    CLOCK,
    READ_NAMES,
    `
local floor = redis.call('ZSCORE', changes, '\\0floor')
if generation ~= '\\0generation\\0' .. ARGV[1] or server ~= ARGV[2] then return end
if floor and tonumber(floor) > tonumber(ARGV[3]) then return end
local last = redis.call('ZSCORE', changes, '\\0version')
if last == ARGV[3] then return { now, last, last, {}, {} } end
local found = redis.call('ZRANGE', changes, '(' .. ARGV[3], last, 'BYSCORE', 'LIMIT', 0, ${MAX_TOLD}, 'WITHSCORES')
local told, names = last, {}
if #found == ${2 * MAX_TOLD} then told = whole(found[#found] - 1) end
for i = 1, #found, 2 do
  if string.byte(found[i]) ~= 0 then names[#names + 1] = found[i] end
end
return { now, told, last, names, #names > 0 and redis.call('HMGET', stamps, unpack(names)) or {} }
`,
  ],
});
