/** What the durability cases share: messages, targets as core would resolve them, and workers that lease and settle. */

import assert from "node:assert/strict";
import type {
  BatchFailure,
  DequeueOptions,
  DurabilityBackend,
  DurableMessage,
  ErrorCode,
  Leased,
  Settlement,
  Target,
} from "@muster/core/slots";
import type { DurabilityContext } from "../../case.ts";
import { codesOf } from "../messaging/support.ts";
import { LONG_MS } from "../support.ts";
import { handerOf, noteHanded, serverOf } from "./serving.ts";

/** Serves most identities of most cases. */
export const SESSION = "session-1";
/** Serves those who have moved. */
export const OTHER_SESSION = "session-2";
const MARKER = "kit-marker-";
const MOST_AT_ONCE = 1_000;

/** One delivery, as it was handed out. */
export interface Handed {
  readonly id: string;
  readonly text: string;
  readonly message: DurableMessage;
  readonly identity: string;
  readonly epoch: number;
  readonly receipt: string;
  readonly attempt: number;
}

export interface WorkerOptions extends Partial<DequeueOptions> {
  /** Default {@link SESSION}. */
  readonly session?: string;
  /** Default: the case's own client. */
  readonly at?: DurabilityBackend;
}

export interface TargetOptions {
  /** Default 1. */
  readonly epoch?: number;
  readonly at?: DurabilityBackend;
}

/** Who has been attached where, as a registry would know. */
const attached = new WeakMap<object, Map<string, string>>();
let markers = 0;

export function message(id: string, changes: Partial<DurableMessage> = {}): DurableMessage {
  return {
    id,
    contentType: "text/plain",
    sentAt: 1_700_000_000_000,
    guarantee: "at-least-once",
    replyTo: undefined,
    payload: new TextEncoder().encode(`text of ${id}`),
    ...changes,
  };
}

/** Longer than any case. */
export function longLease({ backend }: DurabilityContext): number {
  return Math.min(backend.traits.maxLeaseMs, 60_000);
}

export function longTtl({ backend }: DurabilityContext): number {
  return Math.min(backend.traits.maxTtlMs, LONG_MS);
}

/** Short enough to wait for its end. */
export function shortLease({ backend }: DurabilityContext): number {
  return Math.max(backend.traits.minLeaseMs, 40);
}

export function targetsOf(
  ctx: DurabilityContext,
  identities: readonly string[],
  { epoch = 1 }: TargetOptions = {},
): readonly Target[] {
  const sessions = attached.get(ctx);
  return identities.map((identity) => ({ identity, epoch, session: sessions?.get(identity) }));
}

/** Enqueues, and gives index and code of each failure. */
export async function tryEnqueue(
  ctx: DurabilityContext,
  one: DurableMessage,
  identities: readonly string[],
  { ttlMs = longTtl(ctx), at = ctx.backend, ...options }: TargetOptions & { readonly ttlMs?: number } = {},
): Promise<readonly (readonly [index: number, code: ErrorCode])[]> {
  return codesOf(await at.enqueueMany(one, targetsOf(ctx, identities, options), { ttlMs }, ctx.call));
}

/** Enqueues, and fails the case unless it is accepted for all of them. */
export async function enqueue(...args: Parameters<typeof tryEnqueue>): Promise<void> {
  assert.deepEqual(await tryEnqueue(...args), [], "failures of enqueueMany");
}

/** Attaches, and gives index and code of each failure. */
export async function tryAttach(
  ctx: DurabilityContext,
  identities: readonly string[],
  { session = SESSION, at = ctx.backend, epoch = 1 }: TargetOptions & { readonly session?: string } = {},
): Promise<readonly (readonly [index: number, code: ErrorCode])[]> {
  const targets = identities.map((identity) => ({ identity, epoch, session }));
  const failures = codesOf(await serverOf(session, at).attachMany(session, targets, ctx.call));
  const refused = new Set(failures.map(([index]) => index));
  const sessions = attached.get(ctx) ?? new Map<string, string>();
  attached.set(ctx, sessions);
  for (const [index, identity] of identities.entries()) if (!refused.has(index)) sessions.set(identity, session);
  return failures;
}

/** Attaches, and fails the case unless all of them are. */
export async function attach(...args: Parameters<typeof tryAttach>): Promise<void> {
  assert.deepEqual(await tryAttach(...args), [], "failures of attachMany");
}

/** What is due now, leased. */
export async function dequeue(
  ctx: DurabilityContext,
  { session = SESSION, at = ctx.backend, ...options }: WorkerOptions = {},
): Promise<readonly Handed[]> {
  const defaults = { max: MOST_AT_ONCE, maxPerIdentity: MOST_AT_ONCE, waitMs: 0, leaseMs: longLease(ctx) };
  const client = serverOf(session, at);
  const handed = handedIn(await client.dequeue(session, { ...defaults, ...options }, ctx.call));
  noteHanded(client, handed);
  return handed;
}

export function handedIn(leased: readonly Leased[]): readonly Handed[] {
  return leased.flatMap((one) =>
    one.recipients.map((recipient) => ({
      ...recipient,
      id: one.message.id,
      text: textOf(one.message),
      message: one.message,
    })),
  );
}

export function textOf({ payload }: DurableMessage): string {
  return new TextDecoder().decode(payload);
}

/** Leases so many deliveries, of different recipients, and settles none. */
export async function take(
  ctx: DurabilityContext,
  count: number,
  options: WorkerOptions = {},
): Promise<readonly Handed[]> {
  const taken: Handed[] = [];
  await ctx.eventually(async () => {
    taken.push(...(await dequeue(ctx, { max: count - taken.length, ...options })));
    assert.ok(
      taken.length >= count,
      `${taken.length} of ${count} deliveries are handed out: ${pairsOf(taken).join(", ")}`,
    );
  });
  assert.equal(taken.length, count, `deliveries handed out: ${pairsOf(taken).join(", ")}`);
  return taken;
}

/** The one delivery that is due. */
export async function takeOne(ctx: DurabilityContext, options: WorkerOptions = {}): Promise<Handed> {
  const [one] = await take(ctx, 1, options);
  assert.ok(one !== undefined);
  return one;
}

/** Settles, and fails the case unless all of it is done. */
export async function settle(
  ctx: DurabilityContext,
  settlements: readonly Settlement[],
  at: DurabilityBackend = ctx.backend,
): Promise<void> {
  const groups = new Map<DurabilityBackend, Settlement[]>();
  for (const settlement of settlements) {
    const client = handerOf(settlement.receipt, at);
    groups.set(client, [...(groups.get(client) ?? []), settlement]);
  }
  for (const [client, some] of groups)
    assert.deepEqual(codesOf(await client.settleMany(some, ctx.call)), [], "failures of settleMany");
}

export async function ack(
  ctx: DurabilityContext,
  handed: readonly Handed[],
  at: DurabilityBackend = ctx.backend,
): Promise<void> {
  if (handed.length > 0)
    await settle(
      ctx,
      handed.map(({ receipt }) => ({ receipt, as: "ack" })),
      at,
    );
}

/** Code of the failure to settle this one; `undefined`: it was settled. */
export async function refusalOf(
  ctx: DurabilityContext,
  settlement: Settlement,
  at: DurabilityBackend = ctx.backend,
): Promise<ErrorCode | undefined> {
  return codeOf(await handerOf(settlement.receipt, at).settleMany([settlement], ctx.call));
}

function codeOf(failures: readonly BatchFailure[]): ErrorCode | undefined {
  return failures[0]?.error.code;
}

/** Leases and acknowledges until what is enqueued now, for somebody else, has come and nothing more is due. */
export async function drain(ctx: DurabilityContext, options: WorkerOptions = {}): Promise<readonly Handed[]> {
  const { session = SESSION, at = ctx.backend } = options;
  markers += 1;
  const marker = `${MARKER}${markers}`;
  const client = serverOf(session, at);
  assert.deepEqual(await client.attachMany(session, [{ identity: marker, epoch: 1, session }], ctx.call), []);
  assert.deepEqual(
    await at.enqueueMany(message(marker), [{ identity: marker, epoch: 1, session }], { ttlMs: longTtl(ctx) }, ctx.call),
    [],
  );
  const all: Handed[] = [];
  let rounds = 0;
  await ctx.eventually(async () => {
    for (let more = await dequeue(ctx, options); more.length > 0; more = await dequeue(ctx, options)) {
      rounds += 1;
      assert.ok(rounds < MOST_AT_ONCE, "an end of what is handed out");
      all.push(...more);
      await ack(ctx, more, at);
    }
    assert.ok(
      all.some(({ identity }) => identity === marker),
      "what is enqueued last is handed out",
    );
  });
  return all.filter(({ identity }) => !identity.startsWith(MARKER));
}

/** Asserts that exactly these come, as `id for identity`, in any order, each once; acknowledges and gives them. */
export async function expectHanded(
  ctx: DurabilityContext,
  expected: readonly string[],
  options: WorkerOptions = {},
): Promise<readonly Handed[]> {
  const all: Handed[] = [];
  await ctx.eventually(async () => {
    const more = await dequeue(ctx, options);
    all.push(...more);
    await ack(ctx, more, options.at);
    const come = pairsOf(all);
    assert.deepEqual(
      expected.filter((pair) => !come.includes(pair)),
      [],
      "have not been handed out",
    );
  });
  all.push(...(await drain(ctx, options)));
  assert.deepEqual(pairsOf(all).toSorted(), expected.toSorted(), "what is handed out");
  return all;
}

/** Asserts that nothing is due. */
export async function expectNothing(ctx: DurabilityContext, options: WorkerOptions = {}): Promise<void> {
  assert.deepEqual(pairsOf(await drain(ctx, options)), [], "nothing is due");
}

export function pair(id: string, identity: string): string {
  return `${id} for ${identity}`;
}

export function pairsOf(handed: readonly Pick<Handed, "id" | "identity">[]): readonly string[] {
  return handed.map(({ id, identity }) => pair(id, identity));
}

/** Waits until so much time has passed here. */
export async function untilElapsed(
  ctx: Pick<DurabilityContext, "eventually">,
  sinceMs: number,
  ms: number,
): Promise<void> {
  await ctx.eventually(() => assert.ok(performance.now() - sinceMs >= ms, "time passes"));
}
