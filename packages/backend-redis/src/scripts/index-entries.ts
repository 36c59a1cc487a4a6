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
local function each_value(packed)
  return string.gmatch(packed .. "\\0", "([^%z]*)%z")
end

local function reindex(values, indexes, identities, before, packed)
  local gone, come, kept, removed = {}, {}, {}, {}
  local moved = false
  for n = 1, #indexes do gone[n], come[n] = {}, {} end
  for i, identity in ipairs(identities) do
    local old, new = before[i], packed[i]
    if old ~= new then
      local next_old, next_new = each_value(old), each_value(new)
      for n = 1, #indexes do
        local was, is = next_old() or "", next_new() or ""
        if was ~= is then
          if was ~= "" then table.insert(gone[n], was .. "\\0" .. identity) end
          if is ~= "" then
            table.insert(come[n], 0)
            table.insert(come[n], is .. "\\0" .. identity)
          end
        end
      end
      if not string.find(new, "[^%z]") then
        table.insert(removed, identity)
      else
        moved = moved or old ~= ""
        table.insert(kept, identity)
        table.insert(kept, new)
      end
    end
  end
  for n = 1, #indexes do
    if #gone[n] > 0 then redis.call("ZREM", indexes[n], unpack(gone[n])) end
    if #come[n] > 0 then redis.call("ZADD", indexes[n], unpack(come[n])) end
  end
  if moved then redis.call("HINCRBY", catalogue, "moves", 1) end
  if #kept > 0 then redis.call("HSET", values, unpack(kept)) end
  if #removed > 0 then redis.call("HDEL", values, unpack(removed)) end
end
`;
