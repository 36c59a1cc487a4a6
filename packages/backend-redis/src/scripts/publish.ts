/**
 * Publishes many messages in one piece.
 *
 * Keys: in a cluster one channel, which tells the slot of all of them; otherwise none. Arguments: channel and message, by
 * turns. Result: the positions, counted from 0, of messages that nobody listened for. Atomic so that one round trip
 * serves hundreds of messages; each of them would be as good by itself. It takes no memory that stays: a full server
 * still carries messages.
 */

import { type Script, script } from "./script.ts";

function publishing(command: "PUBLISH" | "SPUBLISH"): Script {
  return script({
    name: "publishMany",
    flags: ["allow-oom"],
    lua: [
      `
local unheard = {}
for i = 1, #ARGV, 2 do
  if redis.call("${command}", ARGV[i], ARGV[i + 1]) == 0 then
    unheard[#unheard + 1] = (i - 1) / 2
  end
end
return unheard
`,
    ],
  });
}

export const PUBLISH: Script = publishing("PUBLISH");
export const PUBLISH_TO_SHARD: Script = publishing("SPUBLISH");

/**
 * Does nothing, where {@link PUBLISH} would publish: a server that refuses the one refuses the other, a replica for example.
 */
export const NOTHING: Script = script({ name: "publishMany", flags: ["allow-oom"], lua: ["return 1"] });
