/** Lua that keeps the sorted sets in step with the stamps: where a registration is listed, and where it is queued. */

/** Commands over lists of any length, of which `unpack` gets some 1,200 at a time. */
export const BATCHES = `
local function fetch(key, names)
  local found = {}
  for from = 1, #names, 1200 do
    local some = redis.call('HMGET', key, unpack(names, from, math.min(from + 1199, #names)))
    for i = 1, #some do found[from + i - 1] = some[i] end
  end
  return found
end
local function send(command, key, arguments)
  for from = 1, #arguments, 1200 do
    redis.call(command, key, unpack(arguments, from, math.min(from + 1199, #arguments)))
  end
end
`;

/**
 * Members to be taken out of sorted sets, `removals`, and to be put into them, `additions`, are collected by key and
 * written at once: first out, then in. The sessions' queue is apart from the others'. Scores are texts: a number would be
 * printed with all its digits on its way into a command, which takes longer than the rest of its entry.
 */
export const LISTS = `
local removals, additions = {}, {}
local queues = { live = expiring, sessions = expiring_sessions, graves = graves }
local function remove(removals, key, member)
  local list = removals[key]
  if list then list[#list + 1] = member else removals[key] = { member } end
end
local function add(additions, key, score, member)
  local list = additions[key]
  if list then
    local size = #list
    list[size + 1] = score
    list[size + 2] = member
  else
    additions[key] = { score, member }
  end
end
local function write_lists(removals, additions)
  for key, list in pairs(removals) do send('ZREM', key, list) end
  for key, list in pairs(additions) do send('ZADD', key, list) end
end
local function unqueue(removals, queues, identity, stamp, now)
  if stamp.state ~= 's' then
    remove(removals, queues.graves.due, identity)
    remove(removals, queues.graves.claimed, identity)
  elseif stamp.expires_at then
    local queue = is_session(identity) and queues.sessions or queues.live
    remove(removals, queue.due, identity)
    if is_expired(stamp, now) then remove(removals, queue.claimed, identity) end
  end
end
`;

/** Takes out what no longer stands. */
export const UNLIST = `
local function unlist(removals, queues, identity, stamp, now)
  unqueue(removals, queues, identity, stamp, now)
  if stamp.state ~= 's' or is_session(identity) then return end
  remove(removals, order, identity)
  if stamp.session ~= '' then remove(removals, members, stamp.session .. '\\0' .. identity) end
end
`;
