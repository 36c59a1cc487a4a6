/** What holds of every operation, whatever it does: on a client in any state, with a call that ends at any moment. */

import assert from "node:assert/strict";
import type { Backend } from "@muster/core/slots";
import type { CaseContext, ConformanceCase, Slot } from "../../case.ts";
import { type Operation, type Staged, titleOf } from "./operations.ts";
import { endedCall } from "../messaging/support.ts";
import { expectRejected, MOMENTS, type Outcome, outcomeOf, untilMoment, within } from "./outcome.ts";

interface Situation<B extends Backend> {
  readonly name: string;
  rule(operation: string): string;
  /** Default: of every operation. */
  is?(operation: Operation<B>): boolean;
  run(ctx: CaseContext<B>, operation: Operation<B>): Promise<void>;
}

/** Every situation for every operation. */
export function sweep<B extends Backend>(
  slot: Slot,
  operations: readonly Operation<B>[],
): readonly ConformanceCase<B>[] {
  return operations.flatMap((operation) =>
    situations<B>()
      .filter(({ is }) => is?.(operation) ?? true)
      .map((situation) => ({
        id: sweptId(slot, titleOf(operation), situation.name),
        rule: situation.rule(`\`${titleOf(operation)}\``),
        slot,
        applies: (backend: B) => operation.has?.(backend) ?? true,
        run: async (ctx: CaseContext<B>) => situation.run(ctx, operation),
      })),
  );
}

export function sweptId(slot: Slot, operation: string, situation: string): string {
  const words = operation.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll(" ", "-");
  return `${slot}/lifecycle/${words}-${situation}`;
}

function situations<B extends Backend>(): readonly Situation<B>[] {
  return [
    {
      name: "before-open",
      rule: (operation) => `${operation} rejects with CLOSED before and during open, and works once that has resolved.`,
      is: ({ needsOpen }) => needsOpen !== true,
      run: beforeOpen,
    },
    {
      name: "after-close",
      rule: (operation) => `${operation} rejects with CLOSED during and after close, and has no effect.`,
      run: afterClose,
    },
    {
      name: "given-up-before",
      rule: (operation) =>
        `${operation} with a call that had ended rejects with ABORTED or TIMEOUT, and has no effect.`,
      run: givenUpBefore,
    },
    {
      name: "given-up-midway",
      rule: (operation) =>
        `${operation} settles soon when its call is given up midway, and says so where it may have taken effect.`,
      run: givenUpMidway,
    },
    {
      name: "running-at-close",
      rule: (operation) =>
        `${operation} settles when its client is closed, resolved or with CLOSED, and close waits for nothing else.`,
      run: runningAtClose,
    },
  ];
}

async function beforeOpen<B extends Backend>(ctx: CaseContext<B>, { name, stage }: Operation<B>): Promise<void> {
  const target = ctx.fresh();
  const { run, effects } = await stage(ctx, target);
  const unopened = await expectRejected(ctx, name, run(ctx.call), "CLOSED");
  assert.equal(unopened.mayHaveApplied, false, "nothing may have been applied");
  const opening = target.open({ namespace: ctx.namespace }, ctx.call);
  await expectRejected(ctx, name, run(ctx.call), "CLOSED");
  await opening;
  await expectResolved(ctx, name, run(ctx.call));
  if (effects) assert.equal(await effects(1), 1, "effects");
}

async function afterClose<B extends Backend>(ctx: CaseContext<B>, { name, stage }: Operation<B>): Promise<void> {
  const target = await ctx.peer();
  const { run, effects } = await stage(ctx, target);
  const closing = target.close();
  await expectRejected(ctx, name, run(ctx.call), "CLOSED");
  await within(ctx.subject.patienceMs, "close", closing);
  const error = await expectRejected(ctx, name, run(ctx.call), "CLOSED");
  assert.equal(error.mayHaveApplied, false, "nothing may have been applied");
  if (effects) assert.equal(await effects(0), 0, "effects");
}

async function givenUpBefore<B extends Backend>(ctx: CaseContext<B>, { name, stage }: Operation<B>): Promise<void> {
  const { run, effects } = await stage(ctx, await ctx.peer());
  for (const code of ["ABORTED", "TIMEOUT"] as const) {
    const error = await expectRejected(ctx, name, run(endedCall(code)), code);
    assert.equal(error.mayHaveApplied, false, "nothing may have been applied");
  }
  if (effects) assert.equal(await effects(0), 0, "effects");
}

async function givenUpMidway<B extends Backend>(ctx: CaseContext<B>, operation: Operation<B>): Promise<void> {
  const target = await ctx.peer();
  for (const moment of momentsOf(operation)) {
    const staged = await operation.stage(ctx, target);
    const caller = new AbortController();
    const running = outcomeOf(ctx, operation.name, staged.run({ signal: caller.signal }));
    await untilMoment(moment);
    caller.abort();
    await expectHonest(staged, await running, "ABORTED");
  }
}

async function runningAtClose<B extends Backend>(ctx: CaseContext<B>, operation: Operation<B>): Promise<void> {
  for (const moment of momentsOf(operation)) {
    const target = await ctx.peer();
    const staged = await operation.stage(ctx, target);
    const running = outcomeOf(ctx, operation.name, staged.run(ctx.call));
    await untilMoment(moment);
    await within(ctx.subject.patienceMs, "close", target.close());
    await expectHonest(staged, await running, "CLOSED");
  }
}

/** It took effect, or it didn't, or it says that it may have. */
async function expectHonest({ effects }: Staged, outcome: Outcome, code: "ABORTED" | "CLOSED"): Promise<void> {
  if (outcome) assert.equal(outcome.code, code, outcome.message);
  const isOpenQuestion = outcome?.mayHaveApplied === true;
  const certain = outcome ? 0 : 1;
  if (effects && !isOpenQuestion) assert.equal(await effects(certain), certain, "effects of what is certain");
}

async function expectResolved<B extends Backend>(
  ctx: CaseContext<B>,
  operation: string,
  running: Promise<unknown>,
): Promise<void> {
  const error = await outcomeOf(ctx, operation, running);
  if (error) throw error;
}

function momentsOf<B extends Backend>({ isSlow }: Operation<B>): readonly (typeof MOMENTS)[number][] {
  return isSlow ? [0, 2, 3] : MOMENTS;
}
