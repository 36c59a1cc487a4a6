/** What the messaging cases share: messages, listeners that read in the background, and refusals. */

import assert from "node:assert/strict";
import {
  type BatchFailure,
  type Call,
  type Delivery,
  type ErrorCode,
  type Headers,
  type Inbox,
  type InboxOptions,
  isMusterError,
  MusterError,
  type MessagingBackend,
  type Outgoing,
} from "@muster/core/slots";
import type { MessagingContext } from "../../case.ts";

/** Bodies above this are too large for a case. */
export const LARGEST_BODY_BYTES: number = 8 * 1_048_576;
const PREFETCH = 1_024;
const MARKER = "kit-marker-";

export function message(address: string, body: string | Uint8Array = "", headers: Headers = {}): Outgoing {
  return { address, headers, body: typeof body === "string" ? new TextEncoder().encode(body) : body };
}

export function textOf({ body }: Delivery): string {
  return new TextDecoder().decode(body);
}

export function hexOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("hex");
}

/** Publishes, and fails the case unless all of it is accepted. */
export async function publish(
  ctx: MessagingContext,
  batch: readonly Outgoing[],
  from: MessagingBackend = ctx.backend,
): Promise<void> {
  assert.deepEqual(await from.publishMany(batch, ctx.call), [], "failures");
}

/** An inbox whose deliveries are read as they come. */
export class Listener {
  readonly inbox: Inbox;
  readonly pages: (readonly Delivery[])[] = [];
  /** How the iteration ended; `undefined`: it goes on. */
  end: { readonly error?: unknown } | undefined;

  constructor(inbox: Inbox) {
    this.inbox = inbox;
    this.#read().then(
      () => {
        this.end = {};
      },
      (error: unknown) => {
        this.end = { error };
      },
    );
  }

  get deliveries(): readonly Delivery[] {
    return this.pages.flat().filter(({ address }) => !address.startsWith(MARKER));
  }

  get texts(): readonly string[] {
    return this.deliveries.map(textOf);
  }

  async #read(): Promise<void> {
    for await (const page of this.inbox) this.pages.push(page);
  }
}

export interface ListenOptions extends Partial<InboxOptions> {
  /** Default: the case's own client. */
  readonly at?: MessagingBackend;
}

/** A listener that is live on the addresses. */
export async function listen(
  ctx: MessagingContext,
  addresses: readonly string[],
  { at = ctx.backend, prefetch = PREFETCH, ...options }: ListenOptions = {},
): Promise<Listener> {
  const listener = new Listener(await at.openInbox({ prefetch, ...options }, ctx.call));
  await add(ctx, listener, addresses);
  return listener;
}

export async function add(ctx: MessagingContext, { inbox }: Listener, addresses: readonly string[]): Promise<void> {
  assert.deepEqual(await inbox.addMany(addresses, ctx.call), [], "failures");
}

export async function remove(ctx: MessagingContext, { inbox }: Listener, addresses: readonly string[]): Promise<void> {
  assert.deepEqual(await inbox.removeMany(addresses, ctx.call), [], "failures");
}

/** Waits until the listener has this many deliveries, and gives them. */
export async function arrived(ctx: MessagingContext, listener: Listener, count: number): Promise<readonly Delivery[]> {
  await ctx.eventually(() =>
    assert.ok(listener.deliveries.length >= count, `${listener.deliveries.length} of ${count}`),
  );
  return listener.deliveries;
}

/**
 * Waits until whatever `from` had sent before must have come: until messages that it sends now, on addresses of their
 * own, are there.
 */
export async function quiet(
  ctx: MessagingContext,
  listener: Listener,
  from: MessagingBackend = ctx.backend,
): Promise<void> {
  const rounds = from.traits.order === "none" ? 3 : 1;
  for (let round = 0; round < rounds; round += 1) {
    const address = `${MARKER}${listener.pages.length}-${round}`;
    await add(ctx, listener, [address]);
    await publish(ctx, [message(address)], from);
    await ctx.eventually(() => {
      const hasCome = listener.pages.some((page) => page.some((delivery) => delivery.address === address));
      assert.ok(hasCome, "a message on an address of its own arrives");
    });
  }
}

/** Asserts that exactly these texts arrive, in any order; more than once only where that is allowed. */
export async function expectTexts(
  ctx: MessagingContext,
  listener: Listener,
  expected: readonly string[],
  from: MessagingBackend = ctx.backend,
): Promise<void> {
  const wanted = expected.toSorted();
  await ctx.eventually(() => {
    const missing = expected.filter((text) => !listener.texts.includes(text));
    assert.deepEqual(missing, [], "have not arrived");
  });
  await quiet(ctx, listener, from);
  const { texts } = listener;
  const counted = from.traits.delivery === "at-most-once" ? texts : [...new Set(texts)];
  assert.deepEqual(counted.toSorted(), wanted, "what arrived");
}

/** Asserts that the call rejects with the code, and gives the error. */
export async function refused(call: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<MusterError> {
  const error = await call.then(
    () => assert.fail(`it resolved instead of rejecting with ${codes.join(" or ")}`),
    (reason: unknown) => reason,
  );
  assert.ok(isMusterError(error), `it rejected with what is no MusterError: ${String(error)}`);
  assert.ok(codes.includes(error.code), `expected ${codes.join(" or ")}, got ${error.message}`);
  return error;
}

/** A call that its caller had given up before it began, or whose deadline had passed. */
export function endedCall(code: "ABORTED" | "TIMEOUT"): Call {
  if (code === "ABORTED") return { signal: AbortSignal.abort() };
  const reason = new MusterError({ code, source: "conformance", message: "the deadline had passed" });
  return { signal: AbortSignal.abort(reason) };
}

/** Index and code of each failure. */
export function codesOf(failures: readonly BatchFailure[]): readonly (readonly [index: number, code: ErrorCode])[] {
  return failures.map(({ index, error }) => [index, error.code]);
}
