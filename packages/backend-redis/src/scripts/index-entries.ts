/**
 * Lua that makes the indexes hold what they should of some identities.
 *
 * `values` holds for each identity what the indexes hold of it: a value for each index in the order of the catalogue,
 * empty where the field is absent, with a NUL between two; nothing where all are empty. So `index:<n>` has the member
 * "<value> NUL <identity>" exactly where the n-th value in `values` is not empty. Whoever changes one changes the other,
 * in one script.
 */

/**
 * `reindex(values key, index keys, identities, before, packed)`: three lists of one length, of at most 500: identities,
 * none twice, what `values` has of them now, and what it is to have. In the catalogue it counts in `moves` how often
 * somebody who has been in the indexes has come to stand elsewhere in them; the key is the local `catalogue`.
 */
export const REINDEX = `
local function split_values(packed, count, into)
  local at = 1
  for n = 1, count do
    local nul = string.find(packed, "\\0", at, true)
    into[n] = string.sub(packed, at, (nul or 0) - 1)
    if not nul then
      for rest = n + 1, count do into[rest] = "" end
      return
    end
    at = nul + 1
  end
end

local function reindex(values, indexes, identities, before, packed)
  local count, old, new = #indexes, {}, {}
  local gone, come, kept, removed = {}, {}, {}, {}
  local moved = false
  for n = 1, count do gone[n], come[n] = {}, {} end
  for i, identity in ipairs(identities) do
    if before[i] ~= packed[i] then
      split_values(before[i], count, old)
      split_values(packed[i], count, new)
      local suffix, is_empty = "\\0" .. identity, true
      for n = 1, count do
        local was, is = old[n], new[n]
        is_empty = is_empty and is == ""
        if was ~= is then
          if was ~= "" then gone[n][#gone[n] + 1] = was .. suffix end
          if is ~= "" then
            local list, size = come[n], #come[n]
            list[size + 1], list[size + 2] = "0", is .. suffix
          end
        end
      end
      if is_empty then
        removed[#removed + 1] = identity
      else
        moved = moved or before[i] ~= ""
        kept[#kept + 1] = identity
        kept[#kept + 1] = packed[i]
      end
    end
  end
  for n = 1, count do
    if #gone[n] > 0 then redis.call("ZREM", indexes[n], unpack(gone[n])) end
    if #come[n] > 0 then redis.call("ZADD", indexes[n], unpack(come[n])) end
  end
  if moved then redis.call("HINCRBY", catalogue, "moves", 1) end
  if #kept > 0 then redis.call("HSET", values, unpack(kept)) end
  if #removed > 0 then redis.call("HDEL", values, unpack(removed)) end
end
`;
