/** Lua for what adds pages: a call and its pages, and how much somebody has queued already. */

/** Lanes up to this are looked through for what somebody has in them; longer ones are dissolved first. */
export const SHORT_LANE = 32;

/**
 * `begin_call` takes a number and a turn for what is added then, page by page. `add_page` answers what the page is called,
 * and its text begins with the session and how many it is for. `end_call` is for calls that have added any.
 */
export const ADD_PAGE: string = `
local function begin_call(m, first, last, expires)
  local n = tonumber(call('HGET', base .. 'm:' .. m, 'chunks') or '0') + 1
  return { m = m, n = n, next = 1000 * n, size = 0, first = first, last = last, expires = expires, turn = next_number('turn') }
end
local function add_page(own, text, size, session, state)
  local key, k = base .. 'm:' .. own.m, own.next
  local member = own.m .. ':' .. k
  own.next, own.size = k + 1, own.size + size
  call('HSET', key, 't' .. k, text)
  if state ~= 'q' then
    call('HSET', key, 's' .. k, table.concat({ own.expires, own.turn, session, rep(state, size) }, '\\0'))
  end
  if session ~= '' then call('ZADD', base .. 'lane:' .. session, own.turn, member) end
  return member
end
local function end_call(own)
  local key, from, to = base .. 'm:' .. own.m, 1000 * own.n, own.next - 1
  call('HSET', key, 'chunks', own.n,
    'c' .. own.n, table.concat({ own.first, own.last, from, to, own.expires, own.turn }, '\\0'))
  call('HINCRBY', key, 'size', own.size)
  call('ZADD', base .. 'expiring', own.expires, own.m .. ':' .. own.n)
end
local function text_for(session, members) return table.concat({ session, #members, table.concat(members, '\\0') }, '\\0') end
`;

/** How many deliveries identities have in a lane, pending; asked for only where it could make a difference. */
export const QUOTA: string = `
local function is_crowded(session) return call('ZCARD', base .. 'lane:' .. session) > ${SHORT_LANE} end
local in_lanes = {}
local function in_lane(session)
  local counts = in_lanes[session]
  if counts then return counts end
  counts = {}
  for _, member in ipairs(call('ZRANGE', base .. 'lane:' .. session, 0, -1)) do
    local page = page_of(member)
    if page then
      local names = names_of(page)
      for at = 1, #names do
        if find(state_of(page, at), '[qlm]') then counts[names[at]] = (counts[names[at]] or 0) + 1 end
      end
    end
  end
  in_lanes[session] = counts
  return counts
end
local function is_full(x, session, quota)
  local parked = call('ZLEXCOUNT', base .. 'parked', '[' .. x .. '\\0', '(' .. x .. '\\1')
  if parked >= quota then return true end
  if not session or parked + call('ZCARD', base .. 'lane:' .. session) < quota then return false end
  return parked + (in_lane(session)[x] or 0) >= quota
end
`;
