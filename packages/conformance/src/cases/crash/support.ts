/** What the cases about crashes share: processes that die in the middle of something, at seeded moments. */

import assert from "node:assert/strict";
import type { Backend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import type { CaseContext, MessagingContext, RegistryContext } from "../../case.ts";
import type { Subject } from "../../subject.ts";

/** By now whatever was going on has been answered, in a process that answers itself. */
const LATE_TURN = 40;

/** A process of which one client is open, until it dies. */
export interface Doomed<B extends Backend> {
  readonly client: B;
  /** At which of its awaits it will die. */
  readonly turn: number;
  /**
   * Lets it do something and die over it. What it had been told by then; `undefined`: nothing, and what it did may have
   * happened or not.
   */
  dieDuring<T>(work: () => Promise<T>): Promise<{ readonly answer: T } | undefined>;
}

export function canDie(slot: "registry" | "messaging"): (backend: Backend, subject: Subject) => boolean {
  return (_, { mortal }) => mortal !== undefined && slot in mortal();
}

export async function doomedRegistries(ctx: RegistryContext): Promise<readonly Doomed<RegistryBackend>[]> {
  return eachTurn(ctx, ({ registry }) => registry);
}

export async function doomedMessagings(ctx: MessagingContext): Promise<readonly Doomed<MessagingBackend>[]> {
  return eachTurn(ctx, ({ messaging }) => messaging);
}

/** One process for each moment: the first few awaits, some further ones, and one by which all is over. */
async function eachTurn<B extends Backend>(
  ctx: CaseContext<B>,
  clientOf: (process: ReturnType<NonNullable<Subject["mortal"]>>) => B | undefined,
): Promise<readonly Doomed<B>[]> {
  const later = Array.from({ length: 3 }, () => 5 + Math.floor(ctx.random() * 20));
  const all: Doomed<B>[] = [];
  for (const turn of [0, 1, 2, 3, 4, ...later, LATE_TURN]) {
    const mortal = ctx.subject.mortal?.();
    const client = mortal && clientOf(mortal);
    assert.ok(
      mortal !== undefined && client !== undefined,
      "the mortal process that was there when the run was planned",
    );
    await client.open({ namespace: ctx.namespace }, ctx.call);
    all.push({ client, turn, dieDuring: async (work) => die(work, async () => mortal.kill(turn)) });
  }
  return all;
}

async function die<T>(work: () => Promise<T>, kill: () => Promise<void>): Promise<{ readonly answer: T } | undefined> {
  let told: { readonly answer: T } | undefined;
  const tell = (answer: T): void => {
    told = { answer };
  };
  work().then(tell, () => {}); // What a dying process throws reaches nobody.
  await kill();
  return told;
}
