/** Hands over to the recipients themselves, over the messaging slot: who has not acknowledged it stays in the outbox. */

import type { Context } from "../context.ts";
import { isAttached } from "../query/selection.ts";
import type { ReceivingNode } from "../receiving/node.ts";
import { acknowledgedFanOut } from "../sending/acknowledged/fan-out.ts";
import { standingOf } from "../sending/durable/presence.ts";
import { unsupported } from "../sending/path.ts";
import { Tally } from "../sending/report.ts";
import {
  type Call,
  linkCall,
  type MessagingBackend,
  type MusterError,
  type OutboxFailure,
  type OutboxTarget,
  type Receipt,
  type Route,
} from "../slots/index.ts";
import { type Carrier, NOBODY_FAILED, type Passage } from "./carrier.ts";
import type { Consignment, Fate } from "./consignment.ts";

const SOURCE = "core.relay";
/** So long recipients have for an acknowledgement before others get their turn; a later try joins a handler that runs. */
const PATIENCE_MS = 1_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

export class AcknowledgedCarrier implements Carrier {
  readonly as = "delivered";
  readonly #context: Context;
  readonly #messaging: MessagingBackend;
  readonly #node: ReceivingNode;
  #hasWarned = false;

  constructor(context: Context, messaging: MessagingBackend, node: ReceivingNode) {
    this.#context = context;
    this.#messaging = messaging;
    this.#node = node;
  }

  async carry(consignment: Consignment, passage: Passage, call: Call): Promise<Fate> {
    const { start, targets, attempts } = consignment;
    const delayMs = delayAfter(attempts);
    if (start.message.guarantee === "exactly-once") {
      this.#warnOnce(unsupported("exactly-once", "this relay has no durability slot; another may have", SOURCE));
      return { failed: NOBODY_FAILED, left: new Set(targets.map(({ identity }) => identity)), delayMs };
    }
    const { routes, living } = await standingOf(this.#context, namesOf(targets), call);
    const attached = routes.filter((route) => isAttached(route, living));
    const receipts = await this.#send(consignment, attached, passage);
    // Whom it no longer waits for another relay need not wait for, either.
    return { ...fateOf(targets, routes, receipts), delayMs: passage.stopping.aborted ? 0 : delayMs };
  }

  async conclude(): Promise<void> {}

  async #send(
    { start: { message }, attempts }: Consignment,
    routes: readonly Route[],
    { mayRepeat, until, stopping }: Passage,
  ): Promise<readonly Receipt[]> {
    const last = routes.at(-1)?.identity;
    if (last === undefined) return [];
    const receipts: Receipt[] = [];
    const tally = new Tally((page) => void receipts.push(...page));
    const patienceMs = Math.max(1, Math.min(PATIENCE_MS, until - performance.now()));
    using call = linkCall({ signal: stopping }, patienceMs, SOURCE);
    const { id, contentType, sentAt, payload } = message;
    await acknowledgedFanOut(
      this.#context,
      {
        messaging: this.#messaging,
        node: this.#node,
        pages: onePage({ selected: routes, last }),
        content: { id, contentType, sentAt, payload },
        triesBefore: attempts + (mayRepeat ? 1 : 0),
        tally,
      },
      call,
    );
    await tally.show();
    return receipts;
  }

  #warnOnce(error: MusterError): void {
    if (!this.#hasWarned) this.#context.warn(error);
    this.#hasWarned = true;
  }
}

/** Final is only what a recipient has said, or the registry: that it is there no longer. */
function fateOf(
  targets: readonly OutboxTarget[],
  routes: readonly Route[],
  receipts: readonly Receipt[],
): Pick<Fate, "failed" | "left"> {
  const registered = new Set(namesOf(routes));
  const known = new Map(receipts.map((receipt) => [receipt.identity, receipt]));
  const failed = new Map<string, OutboxFailure>();
  const left = new Set<string>();
  for (const { identity } of targets) {
    const { status, code, reason = "" } = known.get(identity) ?? {};
    if (!registered.has(identity))
      failed.set(identity, { identity, code: "UNREGISTERED", reason: "it is registered no longer" });
    else if (code === "UNREGISTERED" || code === "REJECTED") failed.set(identity, { identity, code, reason });
    else if (status !== "delivered") left.add(identity);
  }
  return { failed, left };
}

/** Doubles with each try; anything between half of it and all, so that those who were left together don't come together. */
function delayAfter(attempts: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 16)) * (0.5 + Math.random() / 2);
}

function namesOf(some: readonly { readonly identity: string }[]): readonly string[] {
  return some.map(({ identity }) => identity);
}

async function* onePage<Page>(page: Page): AsyncGenerator<Page, void, undefined> {
  yield page;
}
