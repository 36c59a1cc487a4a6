/** Settling and extending: what receipts can do. */

import { type Script, script } from "../script.ts";
import { QUEUES } from "./base.ts";
import { LIFE } from "./life.ts";

/**
 * `settle_one` settles one lease, and answers whether that has been, or had been already, in this very way. The end of
 * a lease alone does not make its receipt worthless, as long as the delivery has been leased to nobody since.
 */
export const SETTLE_ONE = `
local function settle_one(page, at, serial, way, delay, code, reason)
  local state, details = state_of(page, at), held_details(page, at, serial)
  if not details then return false end
  if not find(state, '[lmsk]') then return string.lower(details.last) == way end
  if details.last ~= '' then return details.last == way end
  details.last = way
  if way == 'a' then
    if state == 'l' or state == 'm' then
      put(page, at, at, 'd')
    else
      put(page, at, at, 'D')
      write_details(page, at, details)
      unpark(page, at)
      if state == 'k' then hold(names_of(page)[at], -1) end
    end
    count(page, 'delivered', 1)
  elseif way == 'd' then
    bury(page, at, details, code, reason)
  else
    if way == 'l' then details.attempts = details.attempts - 1 end
    details.due = delay > 0 and whole(now + delay) or ''
    come_back(page, at, details)
  end
  return true
end
local function forget_lease(page, at, serial)
  local place = attachment(names_of(page)[at])
  if place then call('ZREM', base .. 'leases:' .. place.session, page.member .. ':' .. at .. ':' .. at .. ':' .. serial) end
end
`;

/** Of one entry: its page, from, to, and the serial that all of these leases have. */
const ENTRY = `
local refused = {}
local function look_up_entries(from, step)
  local members = {}
  for i = from, #ARGV, step do members[#members + 1] = ARGV[i] end
  look_up(members)
end
local function refuse(entry, at)
  refused[#refused + 1] = entry
  refused[#refused + 1] = at
end
local function entry_at(i) return page_of(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]) end
local function is_all(page, from, to, state) return sub(page.states, from, to) == rep(state, to - from + 1) end
`;

/**
 * Settles receipts.
 *
 * Arguments, for each entry: a page, from, to, the serial of these leases; a, r, l or d (ack, retry, release, dead);
 * delay, code, reason.
 *
 * Result: those that are fenced, in twos: which entry, counted from 1, and the place in its page.
 *
 * Atomic, so that one settlement counts, and what it frees for its identity is found by whoever dequeues next. Those
 * that were handed out together, and are acknowledged together, are changed together. It only makes room.
 */
export const settleScript: Script = script({
  name: "settleMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    SETTLE_ONE,
    ENTRY,
    `
local settled = {}
look_up_entries(1, 8)
for i = 1, #ARGV, 8 do
  local entry = (i + 7) / 8
  local page, from, to, serial = entry_at(i)
  local way, delay = ARGV[i + 4], tonumber(ARGV[i + 5])
  if not page or from < 1 or to > #page.states then
    for at = from, to do refuse(entry, at) end
  else
    if page.session ~= '' then add_to(settled, page.session, page.member .. ':' .. from .. ':' .. to .. ':l') end
    if way == 'a' and serial == 1 and is_all(page, from, to, 'l') then
      put(page, from, to, 'd')
      count(page, 'delivered', to - from + 1)
    else
      for at = from, to do
        if state_of(page, at) == 'k' then forget_lease(page, at, serial) end
        if not settle_one(page, at, serial, way, delay, ARGV[i + 6], ARGV[i + 7]) then refuse(entry, at) end
      end
    end
  end
end
for session, records in pairs(settled) do call('ZREM', base .. 'leases:' .. session, unpack(records)) end
flush()
return refused
`,
  ],
});

/**
 * Extends leases.
 *
 * Arguments: for how many ms from now; then, for each entry, a page, from, to, and the serial of these leases.
 *
 * Result: as of settling. Atomic, so that a lease that has ended, or been settled, is not extended.
 */
export const extendScript: Script = script({
  name: "extendMany",
  flags: ["allow-oom"],
  lua: [
    QUEUES,
    LIFE,
    SETTLE_ONE,
    ENTRY,
    `
local until_then, extended = whole(now + tonumber(ARGV[1])), {}
look_up_entries(2, 4)
local function extend(session, page, from, to, kind)
  call('ZADD', base .. 'leases:' .. session, until_then, page.member .. ':' .. from .. ':' .. to .. ':' .. kind)
  extended[session] = true
end
for i = 2, #ARGV, 4 do
  local entry = (i + 2) / 4
  local page, from, to, serial = entry_at(i)
  local record = page and page.member .. ':' .. from .. ':' .. to .. ':l'
  if not page or from < 1 or to > #page.states then
    for at = from, to do refuse(entry, at) end
  elseif serial == 1 and is_all(page, from, to, 'l') and call('ZSCORE', base .. 'leases:' .. page.session, record) then
    extend(page.session, page, from, to, 'l')
  else
    for at = from, to do
      local state, details = state_of(page, at), held_details(page, at, serial)
      if not details or details.last ~= '' or not find(state, '[lmk]') then
        refuse(entry, at)
      elseif state == 'k' then
        extend(attachment(names_of(page)[at]).session, page, at, at, whole(serial))
      else
        put(page, at, at, 'm')
        extend(page.session, page, at, at, 'm')
      end
    end
  end
end
for session in pairs(extended) do call('ZADD', base .. 'sessions', 'GT', until_then, session) end
flush()
return refused
`,
  ],
});
