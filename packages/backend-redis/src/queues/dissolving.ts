/** What scripts need a short lane for: looking for identities in it. */

import type { RedisArgument, RedisCall } from "../client.ts";
import { dissolveScript } from "../scripts/queues/attach.ts";
import type { Script } from "../scripts/script.ts";
import { numberIn } from "../store/replies.ts";
import { crowdedIn, run, type Space } from "./space.ts";

/**
 * Runs a script that refuses to go through a lane that is too long, once that is short enough. What is left of a lane
 * that has been dissolved is leased: then the script is told, by 1 instead of nothing, to go through it however much it
 * is.
 */
export async function runUncrowded(
  space: Space,
  script: Script,
  argumentsFor: (force: "" | "1") => readonly RedisArgument[],
  call: RedisCall,
): Promise<unknown> {
  const dissolved = new Set<string>();
  for (let force: "" | "1" = ""; ; ) {
    const reply = await run(space, script, argumentsFor(force), call);
    const crowded = crowdedIn(reply);
    if (crowded === undefined) return reply;
    if (dissolved.has(crowded)) force = "1";
    else await dissolve(space, crowded, call);
    dissolved.add(crowded);
  }
}

/** Parks what waits in the lane of that session, piece by piece, until nothing does. */
async function dissolve(space: Space, session: string, call: RedisCall): Promise<void> {
  for (let moved = 1; moved > 0; ) moved = numberIn(await run(space, dissolveScript, [session], call));
}
