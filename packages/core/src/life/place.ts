/** Puts a registration into the store so that, once it stands there, messages can reach it. */

import { keepAlive } from "./keep-alive.ts";
import { attachQueue } from "./attach-queue.ts";
import { type Host, undoAttempt } from "../host.ts";
import type { Expectation } from "../receiving/node.ts";
import { endAddress, holdAddress } from "./own-address.ts";
import { endReceiver, release } from "./release.ts";
import type { Served, ServedState } from "./served.ts";
import { store } from "./storing.ts";
import { inOrder } from "../tasks/in-order.ts";
import { retry } from "../tasks/retry.ts";
import { type Settler, settled, settleWith } from "../tasks/settler.ts";
import type { Call, Registration, SetOutcome } from "../slots/index.ts";

/** A refusal is the caller's to interpret. */
export type Placed = { readonly placed: Registration } | Exclude<SetOutcome, { readonly stored: Registration }>;

/** What is to be placed, and for whom. */
export interface Placing {
  readonly host: Host;
  readonly served: Served;
  readonly mode: "create" | "replace";
  readonly call: Call;
}

/**
 * Stores `served` under a new epoch and makes it live: route first, then the record, then the receiver. Whatever fails,
 * what was done before is undone. Rejects with TIMEOUT, ABORTED; what the slots throw that can't be retried.
 */
export function place(placing: Placing, settler: Settler<Placed>): void {
  if (placing.served.mailbox === undefined) new Unattached(placing, settler).begin();
  else settleWith(settler, placeReceiver(placing));
}

/** Without a receiver nothing but the record has to be placed: thousands at once keep this object each, and no promise. */
export class Unattached implements Settler<SetOutcome> {
  readonly #placing: Placing;
  readonly #settler: Settler<Placed>;

  constructor(placing: Placing, settler: Settler<Placed>) {
    this.#placing = placing;
    this.#settler = settler;
  }

  begin(): void {
    const { host, served } = this.#placing;
    host.served.begin(served.options.identity);
    store(this.#placing, this);
  }

  resolve(outcome: SetOutcome): void {
    const { host, served } = this.#placing;
    host.served.settle(served.options.identity);
    this.#settler.resolve("stored" in outcome ? adopt(host, served, outcome.stored) : outcome);
  }

  reject(error: unknown): void {
    const { host, served } = this.#placing;
    host.served.settle(served.options.identity);
    this.#settler.reject(error);
  }
}

async function placeReceiver(placing: Placing): Promise<Placed> {
  const { host, served, call } = placing;
  let expectation: Expectation | undefined;
  let isPlaced = false;
  const before = served.state;
  host.served.begin(served.options.identity);
  try {
    expectation = await openRoute(host, served, call);
    const outcome = await settled<SetOutcome>((settler) => store(placing, settler));
    if (!("stored" in outcome)) return outcome;
    isPlaced = true;
    const placed = adopt(host, served, outcome.stored);
    // What was held is handed over now: only a registration that lives is handed anything.
    if (served.mailbox === undefined || !served.isLive) expectation?.cancel();
    else expectation?.attach(outcome.stored.epoch, served.mailbox);
    if (host.durable !== undefined) {
      isPlaced = false;
      await attachOrTakeBack(host, served, outcome.stored, before, call);
      isPlaced = true;
    }
    return placed;
  } finally {
    host.served.settle(served.options.identity);
    if (!isPlaced) closeRoute(host, served, expectation);
  }
}

/** What can't be attached must not stand either. @throws what {@link attachQueue} throws. */
async function attachOrTakeBack(
  host: Host,
  served: Served,
  { epoch, attempt }: Registration,
  before: ServedState,
  call: Call,
): Promise<void> {
  try {
    if (!(await attachQueue(host, served, call))) undoAttempt(host, served.options.identity, attempt);
  } catch (error) {
    undoAttempt(host, served.options.identity, attempt);
    if (before === "new") endInTurn(host, served);
    else if (served.isLive && served.epoch === epoch) {
      release(host, served);
      served.state = before;
      host.served.lose(served);
    }
    throw error;
  }
}

/** Nobody will ever have its handle; it may have been lost meanwhile, and be under way again. */
function endInTurn(host: Host, served: Served): void {
  const end = (): void => {
    release(host, served);
    served.state = "ended";
  };
  end();
  const source = "core.register";
  host.background.run(source, host.timing.timeoutMs, (call) =>
    inOrder(served, call, source, async () => {
      const isRestored = served.isLive;
      end();
      await endReceiver(host, served);
      const { identity } = served.options;
      if (isRestored)
        await retry(call, source, () => host.batches.deletes.submit({ identity, epoch: served.epoch }, call));
    }),
  );
}

/** Resolves when messages can arrive here; they are held from then on. */
async function openRoute(host: Host, served: Served, call: Call): Promise<Expectation | undefined> {
  const { node } = host;
  if (node === undefined) return undefined;
  await node.open(call);
  await holdAddress(host, served, call);
  return node.expect(served.options.identity);
}

function closeRoute(host: Host, served: Served, expectation: Expectation | undefined): void {
  expectation?.cancel();
  if (served.state === "new") endAddress(host, served);
}

/** It lives, unless another life has begun here meanwhile. */
function adopt(host: Host, served: Served, stored: Registration): Placed {
  const { identity } = served.options;
  const former = host.served.get(identity);
  served.epoch = stored.epoch;
  served.revision = stored.revision;
  served.state = "live";
  if (former !== undefined && former !== served && former.epoch > stored.epoch) {
    host.lose(served, "replaced");
    return { placed: stored };
  }
  const lost = host.served.getLost(identity);
  host.served.set(served);
  if (lost !== undefined && lost !== served) host.lose(lost, "replaced");
  if (former !== undefined && former !== served) host.lose(former, "replaced");
  keepAlive(host, served);
  return { placed: stored };
}
