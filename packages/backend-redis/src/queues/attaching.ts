/** The contract's `attachMany`, `detachMany` and `dropMany`. */

import type { BatchFailure, DeadCode, Target } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { attachScript, detachScript, dropScript } from "../scripts/queues/attach.ts";
import { cut, sendParts } from "../store/batches.ts";
import { listIn, numberIn } from "../store/replies.ts";
import { checks } from "./arguments.ts";
import { runUncrowded } from "./dissolving.ts";
import { failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";

/** Of one script. */
const MOST_ENTRIES = 125;

interface Entry {
  readonly target: Target;
  readonly index: number;
}

export async function attachMany(
  space: Space,
  session: string,
  targets: readonly Target[],
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checks.checkSession(session, "attachMany");
  checks.checkTargets(targets, "attachMany");
  const fenced: number[] = [];
  for (const round of roundsOf(targets)) {
    const parts = cut(round, ({ target }) => target.identity.length, MOST_ENTRIES);
    const found = await sendParts(parts, `${NAME}.attachMany`, call, async (part) => {
      const columns = part.flatMap(({ target }) => [target.identity, String(target.epoch)]);
      const reply = await runUncrowded(space, attachScript, (force) => [session, force, ...columns], call);
      return listIn(reply).flatMap((n) => part[numberIn(n) - 1]?.index ?? []);
    });
    fenced.push(...found);
  }
  const codes = new Map(fenced.map((index) => [index, "FENCED"] as const));
  return failuresOf(codes, "attachMany", (index) => targets[index]?.identity ?? "");
}

export async function detachMany(
  space: Space,
  session: string,
  identities: readonly string[],
  call: RedisCall,
): Promise<void> {
  checks.checkSession(session, "detachMany");
  checks.checkBatch(identities, "detachMany");
  for (const identity of identities) checks.checkIdentity(identity, "detachMany");
  const parts = cut(identities, ({ length }) => length, MOST_ENTRIES);
  await sendParts(parts, `${NAME}.detachMany`, call, async (part) => {
    await runUncrowded(space, detachScript, (force) => [session, force, ...part], call);
    return [];
  });
}

export async function dropMany(
  space: Space,
  targets: readonly Target[],
  { code, reason }: { readonly code: DeadCode; readonly reason: string },
  call: RedisCall,
): Promise<void> {
  checks.checkTargets(targets, "dropMany");
  const parts = cut(targets, ({ identity }) => identity.length, MOST_ENTRIES);
  await sendParts(parts, `${NAME}.dropMany`, call, async (part) => {
    const columns = part.flatMap(({ identity, epoch }) => [identity, String(epoch)]);
    const drop = async (): Promise<readonly unknown[]> =>
      listIn(await runUncrowded(space, dropScript, (force) => [code, reason, force, ...columns], call));
    // It says when there is more than one script should end.
    for (let more = await drop(); more.length > 0; ) more = await drop();
    return [];
  });
}

/** Whoever occurs twice is in two of them, in the order of the batch. */
function roundsOf(targets: readonly Target[]): readonly (readonly Entry[])[] {
  const rounds: Entry[][] = [];
  const turns = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    const turn = turns.get(target.identity) ?? 0;
    turns.set(target.identity, turn + 1);
    (rounds[turn] ??= []).push({ target, index });
  }
  return rounds;
}
