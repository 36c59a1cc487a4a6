/** Lua for the quick way through a lane: pages that nothing has happened to yet, handed out as they lie. */

import { MAX_BYTES } from "./hand-out.ts";

/** Pages. A lane that has more is gone through by `hand-out.ts`. */
const MOST_PAGES = 64;
/** The end of a call's line: when it expires, 13 digits until the year 2286, NUL, and its turn, 16 digits. */
const ENDING = 30;

/**
 * `untouched_pages` answers what the script is to, or nothing where it has to look closer, and then has written nothing:
 * if anybody is odd or a lease has ended, and unless all that is in the lane, or as much as there is room for, is pages as
 * they were stored. Of each message one command reads these, and one writes that they are leased. A closure for each
 * step, as `hand-out.ts` has them, would take longer than the steps themselves.
 */
export const UNTOUCHED: string = `
local function untouched_pages(base, session, left, most_each, until_then, now)
  local call, match, sub, rep = redis.call, string.match, string.sub, string.rep
  local leases = base .. 'leases:' .. session
  local members = call('ZRANGE', base .. 'lane:' .. session, 0, ${MOST_PAGES})
  local is_all = #members <= ${MOST_PAGES}
  if #members == 0
    or call('EXISTS', base .. 'odd:' .. session, base .. 'waiting:' .. session, base .. 'sleeping:' .. session) > 0
    or #call('ZRANGE', leases, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, 1) > 0 then return nil end
  local stretches, last = {}
  for _, member in ipairs(members) do
    local m, k = match(member, '^(%d+):(%d+)$')
    if not m then return nil end
    if not last or last.m ~= m then
      last = { m = m, key = base .. 'm:' .. m, ks = {}, members = {}, writes = {}, texts = {}, sizes = {} }
      stretches[#stretches + 1] = last
    end
    local at = #last.ks + 1
    last.ks[at], last.members[at] = k, member
  end
  local taken = 0
  for _, stretch in ipairs(stretches) do
    if left <= 0 then break end
    local fields, ks, writes, texts, sizes = {}, stretch.ks, stretch.writes, stretch.texts, stretch.sizes
    local size, calls, n = #ks, 2 * #ks, nil
    for i, k in ipairs(ks) do
      fields[i], fields[size + i] = 's' .. k, 't' .. k
      local own = sub(k, 1, -4)
      if own ~= n then
        n, calls = own, calls + 1
        fields[calls] = 'c' .. n
      end
    end
    local found, ending = call('HMGET', stretch.key, unpack(fields)), nil
    n, calls = nil, 2 * size
    for i, k in ipairs(ks) do
      if left <= 0 then break end
      local text, own = found[size + i], sub(k, 1, -4)
      if own ~= n then
        n, calls = own, calls + 1
        ending = sub(found[calls] or '', -${ENDING})
        local expires = tonumber(match(ending, '^(%d+)%z%d+$'))
        if not expires or expires <= now then return nil end
        ending = ending .. '\\0' .. session .. '\\0'
      end
      local of, count = match(text or '', '^([^%z]*)%z(%d+)%z')
      if found[i] or of ~= session then return nil end
      taken, left = taken + 1, left - count
      if left < 0 or taken > most_each then return nil end
      writes[2 * i - 1], writes[2 * i], texts[i], sizes[i] = fields[i], ending .. rep('l', count), text, count
    end
  end
  if left > 0 and not is_all then return nil end
  local contents, messages, rows, leased, bytes = {}, {}, {}, {}, 0
  for _, stretch in ipairs(stretches) do
    local m, members, writes, texts, sizes = stretch.m, stretch.members, stretch.writes, stretch.texts, stretch.sizes
    if #sizes == 0 or bytes > ${MAX_BYTES} then break end
    if not messages[m] then
      local content = call('HMGET', stretch.key, 'id', 'type', 'sent', 'once', 'reply', 'body')
      bytes = bytes + #content[6]
      messages[m] = true
      contents[#contents + 1] = m
      contents[#contents + 1] = content
    end
    local row, lease = #rows, #leased
    for i, size in ipairs(sizes) do
      local member = members[i]
      leased[lease + 1], leased[lease + 2], lease = until_then, member .. ':1:' .. size .. ':l', lease + 2
      rows[row + 1], rows[row + 2], rows[row + 3], row = member, texts[i], writes[2 * i], row + 3
    end
    call('HSET', stretch.key, unpack(writes))
  end
  call('ZADD', leases, unpack(leased))
  call('ZADD', base .. 'sessions', 'GT', until_then, session)
  return { rows, contents, 0, 3 }
end
`;
