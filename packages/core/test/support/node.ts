/** One node on a broker of its own, and what it tells. */

import { memoryHub } from "@muster/backend-memory";
import { expect } from "vitest";
import type { Message } from "../../src/message.ts";
import { openNode, type ReceivingNode } from "../../src/receiving/node.ts";
import type { MessagingBackend, MusterError } from "../../src/slots/index.ts";
import { encodeMessage } from "../../src/wire/message-frame.ts";
import { eventually } from "./eventually.ts";
import { CALL, collector, openMessaging } from "./world.ts";

export interface Fixture {
  readonly node: ReceivingNode;
  readonly broker: MessagingBackend;
  readonly warnings: MusterError[];
  readonly routes: string[];
  readonly replaced: string[];
}

export async function open(wrap: (plain: MessagingBackend) => MessagingBackend = (plain) => plain): Promise<Fixture> {
  const broker = await openMessaging(memoryHub());
  const warnings: MusterError[] = [];
  const routes: string[] = [];
  const replaced: string[] = [];
  const node = openNode({
    messaging: wrap(broker),
    events: {
      onReplaced: (identity, epoch) => replaced.push(`${identity}@${epoch}`),
      onRoute: (state) => routes.push(state),
      onBell: () => {},
      onReceipts: () => {},
    },
    warn: (error) => void warnings.push(error),
  });
  await node.open(CALL);
  return { node, broker, warnings, routes, replaced };
}

let sent = 0;

export type Recipient = readonly [identity: string, epoch: number];

/** One frame for these recipients, with a message of its own. */
export function frameFor(recipients: readonly Recipient[]): { readonly id: string; readonly body: Uint8Array } {
  sent += 1;
  const content = { id: `m-${sent}`, contentType: "text/plain", sentAt: 0, payload: Buffer.from("hi") };
  const [identities, epochs] = [recipients.map(([name]) => name), recipients.map(([, epoch]) => epoch)];
  return { id: content.id, body: encodeMessage(content, { identities, epochs }) };
}

export async function send(
  broker: MessagingBackend,
  address: string,
  recipients: readonly Recipient[],
): Promise<string> {
  const { id, body } = frameFor(recipients);
  expect(await broker.publishMany([{ address, headers: {}, body }], CALL)).toEqual([]);
  return id;
}

/** Everything sent before has been dispatched. */
export async function settled({ node, broker }: Fixture): Promise<void> {
  const marks: Message[] = [];
  const expectation = node.expect("mark");
  expectation.attach(1, collector(marks));
  const id = await send(broker, node.address, [["mark", 1]]);
  await eventually("the mark arrives", () => marks.some((mark) => mark.id === id));
  node.detach("mark", 1);
}
