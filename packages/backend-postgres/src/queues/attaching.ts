/** The contract's `attachMany`, `detachMany` and `dropMany`. */

import type { BatchFailure, DeadCode, Target } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, textArray } from "../codec.ts";
import { checks } from "./arguments.ts";
import { inOrder } from "./enqueueing.ts";
import { failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";

export async function attachMany(
  { client, number, sql }: Space,
  session: string,
  targets: readonly Target[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  checks.checkSession(session, call.operation);
  checks.checkTargets(targets, call.operation);
  const fenced = new Set<Target>();
  for (const round of roundsOf(targets)) {
    const values = [
      number,
      session,
      textArray(round.map(({ identity }) => identity)),
      bigintArray(round.map(({ epoch }) => epoch)),
    ];
    for (const [n] of await client.query(sql.attachQueues, values, call)) {
      const target = round[Number(n) - 1];
      if (target !== undefined) fenced.add(target);
    }
  }
  if (fenced.size === 0) return [];
  return failuresOf(targets, { operation: call.operation, subjectOf: ({ identity }) => identity }, (target) =>
    fenced.has(target) ? "FENCED" : undefined,
  );
}

export async function detachMany(
  { client, number, sql }: Space,
  session: string,
  identities: readonly string[],
  call: PostgresCall,
): Promise<void> {
  checks.checkSession(session, call.operation);
  checks.checkBatch(identities, call.operation);
  for (const identity of identities) checks.checkIdentity(identity, call.operation);
  if (identities.length === 0) return;
  const sorted = inOrder(identities.map((identity) => ({ identity })));
  const values = [number, session, textArray(sorted.map(({ identity }) => identity))];
  await client.query(sql.detachQueues, values, call);
}

export async function dropMany(
  { client, number, sql }: Space,
  targets: readonly Target[],
  { code, reason }: { readonly code: DeadCode; readonly reason: string },
  call: PostgresCall,
): Promise<void> {
  checks.checkTargets(targets, call.operation);
  for (const round of roundsOf(targets)) {
    const values = [
      number,
      textArray(round.map(({ identity }) => identity)),
      bigintArray(round.map(({ epoch }) => epoch)),
      code,
      textOf(reason),
    ];
    await client.query(sql.dropQueues, values, call);
  }
}

/** A text of the server holds no NUL. */
export function textOf(reason: string): string {
  return reason.replaceAll("\0", "\u{fffd}");
}

/** In order, each identity once a round; the second time it occurs in another one. */
function roundsOf(targets: readonly Target[]): readonly (readonly Target[])[] {
  const rounds: Target[][] = [];
  const seen = new Map<string, number>();
  for (const target of targets) {
    const round = seen.get(target.identity) ?? 0;
    seen.set(target.identity, round + 1);
    rounds[round] ??= [];
    rounds[round].push(target);
  }
  return rounds.map(inOrder);
}
