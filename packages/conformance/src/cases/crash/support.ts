/** What the cases about crashes share: processes that die in the middle of something, at seeded moments. */

import assert from "node:assert/strict";
import type {
  Backend,
  DurabilityBackend,
  MessagingBackend,
  OutboxBackend,
  RegistryBackend,
  Scope,
} from "@muster/core/slots";
import type {
  CaseContext,
  DurabilityContext,
  MessagingContext,
  OutboxContext,
  RegistryContext,
  Slot,
} from "../../case.ts";
import type { MortalProcess, OwnTransaction, Subject } from "../../subject.ts";

/** The first moments at which a process dies; of the one at 0 nothing is ever seen. */
const FIRST_TURNS = [0, 1, 2, 3, 4] as const;
/** How many die at moments beyond those. */
const LATER_TURNS = 2;
/** By now whatever was going on has been answered. */
const LAST_TURN = 40;

/** How many processes die in one case. */
export const DEATHS: number = FIRST_TURNS.length + LATER_TURNS + 1;

/** A process of which one client is open, until it dies. */
export interface Doomed<B extends Backend> {
  readonly client: B;
  /** How many have died before it. */
  readonly index: number;
  /** At which moment it will die. */
  readonly turn: number;
  /** Begins a transaction of that process; only with an outbox. */
  begin(): Promise<OwnTransaction>;
  /**
   * Lets it do something and die over it. What it had been told by then; `undefined`: nothing, and what it did may have
   * happened or not.
   */
  dieDuring<T>(work: () => Promise<T>): Promise<{ readonly answer: T } | undefined>;
}

export function canDie(slot: Slot): (backend: Backend, subject: Subject) => boolean {
  return (_, { mortal }) => mortal !== undefined && slot in mortal();
}

export function doomedRegistries(ctx: RegistryContext): AsyncIterable<Doomed<RegistryBackend>> {
  return eachTurn(ctx, ({ registry }) => registry);
}

export function doomedMessagings(ctx: MessagingContext): AsyncIterable<Doomed<MessagingBackend>> {
  return eachTurn(ctx, ({ messaging }) => messaging);
}

export function doomedDurabilities(ctx: DurabilityContext): AsyncIterable<Doomed<DurabilityBackend>> {
  return eachTurn(ctx, ({ durability }) => durability);
}

export function doomedOutboxes(ctx: OutboxContext): AsyncIterable<Doomed<OutboxBackend>> {
  return eachTurn(ctx, ({ outbox }) => outbox);
}

/** One process after the other, each for another moment; whoever has not died by its end is ended. */
async function* eachTurn<B extends Backend>(
  ctx: CaseContext<B>,
  clientOf: (process: MortalProcess) => B | undefined,
): AsyncGenerator<Doomed<B>, void, undefined> {
  const later = Array.from({ length: LATER_TURNS }, () => 5 + Math.floor(ctx.random() * 20));
  for (const [index, turn] of [...FIRST_TURNS, ...later, LAST_TURN].entries()) {
    const { client, kill, begin } = await startMortal(ctx, clientOf);
    try {
      yield { client, index, turn, begin, dieDuring: async (work) => die(work, async () => kill(turn)) };
    } finally {
      await kill(0);
    }
  }
}

/** A process of which one client is open. */
export interface Mortal<B extends Backend> extends Required<Pick<MortalProcess, "begin" | "kill" | "freeze" | "thaw">> {
  readonly client: B;
}

/** Starts one. Twice killed is once. */
export async function startMortal<B extends Backend>(
  ctx: CaseContext<B>,
  clientOf: (process: MortalProcess) => B | undefined,
  scope: Partial<Scope> = {},
): Promise<Mortal<B>> {
  const mortal = ctx.subject.mortal?.();
  const client = mortal && clientOf(mortal);
  assert.ok(mortal !== undefined && client !== undefined, "the mortal process that was there when the run was planned");
  let killing: Promise<void> | undefined;
  const kill = async (turn: number): Promise<void> => (killing ??= mortal.kill(turn));
  try {
    await client.open({ namespace: ctx.namespace, ...scope }, ctx.call);
  } catch (error) {
    await kill(0);
    throw error;
  }
  const begin = async (): Promise<OwnTransaction> => {
    assert.ok(mortal.begin !== undefined, "a mortal outbox has transactions to record in");
    return mortal.begin();
  };
  return { client, kill, begin, freeze: async () => mortal.freeze?.(), thaw: async () => mortal.thaw?.() };
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
