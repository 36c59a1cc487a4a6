/** A server that stops answering for a while and loses nothing: a process that is stopped, a machine that swaps. */

import assert from "node:assert/strict";
import {
  type Backend,
  type Call,
  type DurabilityBackend,
  linkCall,
  type MessagingBackend,
  MusterError,
  type OutboxBackend,
  type RegistryBackend,
  type Route,
} from "@muster/core/slots";
import type { CaseContext, ConformanceCase, RegistryCase, Slot } from "../../case.ts";
import type { Subject } from "../../subject.ts";
import { collect, entry, identitiesOf, numbered, settled, storeAll } from "../support.ts";
import { durabilityOperations } from "./durability-operations.ts";
import { messagingOperations, type Operation, registryOperations, type Staged, titleOf } from "./operations.ts";
import { servedOutboxOperations } from "./outbox-operations.ts";
import { expectRejected, type Outcome, outcomeOf, within } from "./outcome.ts";

/** Deadline of what a frozen server is asked. */
export const FROZEN_CALL_MS = 200;
const PAGE_SIZE = 5;

export function canFreeze(_: Backend, { faults }: Subject): boolean {
  return faults?.freeze !== undefined && faults.thaw !== undefined;
}

/** Does something while the server is frozen, and thaws it whatever happens. */
export async function whileFrozen<T>({ subject }: CaseContext<Backend>, work: () => Promise<T>): Promise<T> {
  const { faults } = subject;
  assert.ok(faults?.freeze && faults.thaw, "the faults that were there when the run was planned");
  try {
    await faults.freeze();
    const result = await work();
    await faults.thaw();
    return result;
  } finally {
    await faults.heal();
  }
}

/** An operation and its clients, in a namespace of their own: what is staged at once must not meet. */
interface Stage<B extends Backend> {
  readonly operation: Operation<B>;
  readonly ctx: CaseContext<B>;
  readonly target: B;
  readonly staged: Staged;
}

async function stageAlone<B extends Backend>(
  ctx: CaseContext<B>,
  operation: Operation<B>,
): Promise<Stage<B> | undefined> {
  const namespace = `${ctx.namespace}-${titleOf(operation).replaceAll(" ", "-")}`;
  const target = await ctx.peer({ namespace });
  if (operation.has?.(target) === false) return undefined;
  const own = { ...ctx, namespace, backend: await ctx.peer({ namespace }) };
  return { operation, ctx: own, target, staged: await operation.stage(own, target) };
}

/** Every operation at once on a frozen server, and again when it answers. */
async function frozen<B extends Backend>(ctx: CaseContext<B>, operations: readonly Operation<B>[]): Promise<void> {
  const stages = (await Promise.all(operations.map(async (one) => stageAlone(ctx, one)))).flatMap((one) => one ?? []);
  const outcomes = await whileFrozen(ctx, async () =>
    Promise.all(
      stages.map(async ({ operation: { name, mayBeLocal }, staged }): Promise<Outcome> => {
        using call = linkCall({ timeoutMs: FROZEN_CALL_MS }, FROZEN_CALL_MS, "conformance");
        const running = staged.run(call);
        return mayBeLocal ? await outcomeOf(ctx, name, running) : await expectRejected(ctx, name, running, "TIMEOUT");
      }),
    ),
  );
  for (const [index, { operation, ctx: own, target, staged }] of stages.entries()) {
    await ctx.eventually(async () => (await operation.stage(own, target)).run(ctx.call));
    if (staged.effects === undefined) continue;
    const mayHaveApplied = outcomes[index]?.mayHaveApplied === true;
    if (operation.isStepwise !== true) assert.ok(mayHaveApplied, `${operation.name} may have been applied`);
    const count = await ctx.eventually(async () => staged.effects?.(0));
    assert.ok(count === 0 || (count === 1 && mayHaveApplied), `${count} effects of ${operation.name}`);
  }
}

async function frozenAtOpen<B extends Backend>(ctx: CaseContext<B>): Promise<void> {
  const scope = { namespace: ctx.namespace };
  await whileFrozen(ctx, async () => {
    const client = ctx.fresh();
    using call = linkCall({ timeoutMs: FROZEN_CALL_MS }, FROZEN_CALL_MS, "conformance");
    await expectRejected(ctx, "open", client.open(scope, call), "TIMEOUT");
    await within(ctx.subject.patienceMs, "close", client.close());
  });
  await ctx.eventually(async () => ctx.peer());
}

function casesOf<B extends Backend>(slot: Slot, operations: readonly Operation<B>[]): readonly ConformanceCase<B>[] {
  return [
    {
      id: `${slot}/lifecycle/frozen-server`,
      rule: "What a frozen server is asked rejects with TIMEOUT at its deadline, takes effect once or not at all, and works when it answers again.",
      slot,
      applies: canFreeze,
      run: async (ctx) => frozen(ctx, operations),
    },
    {
      id: `${slot}/lifecycle/frozen-server-at-open`,
      rule: "Opening rejects with TIMEOUT while the server is frozen, and works when it answers again.",
      slot,
      applies: canFreeze,
      run: frozenAtOpen,
    },
  ];
}

const duringScan: RegistryCase = {
  id: "registry/lifecycle/frozen-during-scan",
  rule: "A scan that the server freezes over goes on when it answers again, and throws TIMEOUT when its deadline passes first.",
  slot: "registry",
  applies: canFreeze,
  async run(ctx) {
    const entries = numbered("one", 12 * PAGE_SIZE).map((identity) => entry(identity));
    await storeAll(ctx, entries);
    await settled(ctx, async () => assert.equal((await ctx.backend.census(ctx.call)).counted, entries.length));
    const target = await ctx.peer();
    for (const scan of ["scan", "scanRoutes"] as const) {
      const caller = new AbortController();
      const begin = async (call: Call): Promise<readonly [readonly Route[], AsyncIterator<readonly Route[]>]> => {
        const pages = target[scan]({ pageSize: PAGE_SIZE }, call)[Symbol.asyncIterator]();
        const first = await pages.next();
        return [first.done === true ? [] : first.value, pages];
      };
      const [[first, patient], [, hurried]] = [await begin(ctx.call), await begin({ signal: caller.signal })];
      const { going } = await whileFrozen(ctx, async () => {
        const collecting = collect(restOf(patient));
        collecting.catch(() => {}); // It is looked at when the server answers again.
        const late = expectRejected(ctx, scan, collect(restOf(hurried)), "TIMEOUT");
        caller.abort(new MusterError({ code: "TIMEOUT", source: "conformance", message: "the deadline has passed" }));
        await late;
        return { going: collecting };
      });
      const all = [...first, ...(await going)];
      assert.deepEqual(
        identitiesOf(all),
        entries.map(({ identity }) => identity),
        `everyone once, in order, on ${scan}`,
      );
    }
  },
};

function restOf<T>(pages: AsyncIterator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => pages };
}

export const freezeCases: readonly ConformanceCase[] = [
  ...casesOf<RegistryBackend>("registry", registryOperations),
  duringScan,
  ...casesOf<MessagingBackend>("messaging", messagingOperations),
  ...casesOf<DurabilityBackend>("durability", durabilityOperations),
  ...casesOf<OutboxBackend>("outbox", servedOutboxOperations),
];
