import { invalidArgument } from "./call.ts";
import type { Host } from "./host.ts";
import { inOrder } from "./tasks/in-order.ts";
import type { Mailbox } from "./receiving/mailbox.ts";
import { addressOf, holdAddress } from "./life/own-address.ts";
import { attachQueue } from "./life/attach-queue.ts";
import { fenced, rewrite } from "./life/rewrite.ts";
import { canReceive, detach, noMessaging } from "./receiving/receiver.ts";
import type { Served } from "./life/served.ts";
import type { Call } from "./slots/index.ts";

const SOURCE = "core.attach";

/**
 * Gives a registration made without a receiver its mailbox. Resolves when messages can reach it; a failure leaves it
 * without one.
 *
 * @throws INVALID_ARGUMENT when it has one; UNSUPPORTED without a slot that messages come from; FENCED, TIMEOUT, ABORTED
 */
export async function attach(host: Host, served: Served, mailbox: Mailbox, call: Call): Promise<void> {
  await inOrder(served, call, SOURCE, () => attachInTurn(host, served, mailbox, call));
}

async function attachInTurn(host: Host, served: Served, mailbox: Mailbox, call: Call): Promise<void> {
  const { node } = host;
  const { identity, address } = served.options;
  if (!canReceive(host)) throw noMessaging(SOURCE);
  if (served.state !== "live") throw fenced(served, SOURCE);
  if (served.mailbox !== undefined) throw invalidArgument(SOURCE, "it has a receiver already", identity);
  await node?.open(call);
  const expectation = node?.expect(identity);
  try {
    served.mailbox = mailbox;
    await holdAddress(host, served, call);
    const isStored = address !== undefined || node === undefined;
    if (!isStored)
      await rewrite(
        host,
        served,
        { source: SOURCE, address: addressOf(host, served), metadata: (current) => current },
        call,
      );
    if (served.isLive) expectation?.attach(served.epoch, mailbox);
    else expectation?.cancel(); // Lost meanwhile; it is attached when it has been restored.
    await attachQueue(host, served, call);
  } catch (error) {
    expectation?.cancel();
    detach(host, served);
    throw error;
  }
}
