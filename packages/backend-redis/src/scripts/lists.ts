/** Lua that keeps the sorted sets in step with the stamps: where a registration is listed, and where it is queued. */

/** Commands over lists of any length, of which `unpack` takes no more than a thousand at a time. */
export const BATCHES = `
local function fetch(key, names)
  if #names == 0 then return {} end
  if #names <= 1000 then return redis.call('HMGET', key, unpack(names)) end
  local found = {}
  for from = 1, #names, 1000 do
    local some = redis.call('HMGET', key, unpack(names, from, math.min(from + 999, #names)))
    for i = 1, #some do found[from + i - 1] = some[i] end
  end
  return found
end
local function send(command, key, arguments)
  for from = 1, #arguments, 1000 do
    redis.call(command, key, unpack(arguments, from, math.min(from + 999, #arguments)))
  end
end
`;

/** Collects what is to be taken out of sorted sets and put into them, by key, and does it at once: first out, then in. */
export const LISTS = `
local removals, additions = {}, {}
local function remove(key, member)
  local list = removals[key]
  if list then list[#list + 1] = member else removals[key] = { member } end
end
local function add(key, score, member)
  local list = additions[key]
  if not list then
    additions[key] = { score, member }
  else
    local size = #list
    list[size + 1] = score
    list[size + 2] = member
  end
end
local function write_lists()
  for key, list in pairs(removals) do send('ZREM', key, list) end
  for key, list in pairs(additions) do send('ZADD', key, list) end
end
local function queue_of(identity) return is_session(identity) and expiring_sessions or expiring end
local function unqueue(identity, stamp)
  if stamp.state ~= 's' then
    remove(graves.due, identity)
    remove(graves.claimed, identity)
  elseif stamp.expires_at then
    local queue = queue_of(identity)
    remove(queue.due, identity)
    if is_expired(stamp) then remove(queue.claimed, identity) end
  end
end
local function unlist(identity, stamp)
  unqueue(identity, stamp)
  if stamp.state ~= 's' or is_session(identity) then return end
  remove(order, identity)
  if stamp.session ~= '' then remove(members, stamp.session .. '\\0' .. identity) end
end
`;
