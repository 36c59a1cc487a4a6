/** A node that receives awaited frames, and whoever sent them, who reads what it answers. */

import { memoryHub } from "@muster/backend-memory";
import type { MessageHandler } from "../../src/fleet.ts";
import { createMailbox, type HandlerMailboxOptions, type Mailbox } from "../../src/receiving/mailbox.ts";
import { openNode, type ReceivingNode } from "../../src/receiving/node.ts";
import type { MessagingBackend, MusterError } from "../../src/slots/index.ts";
import { type AcknowledgementFrame, PLACE_STATE } from "../../src/wire/acknowledgement.ts";
import { type Awaiting, encodeAwaited } from "../../src/wire/awaited-frame.ts";
import { decodeFrame } from "../../src/wire/frame.ts";
import { CALL, openMessaging } from "./world.ts";

export const SENDER = "n.sender";

export interface AwaitingFixture extends AsyncDisposable {
  readonly node: ReceivingNode;
  readonly broker: MessagingBackend;
  readonly warnings: readonly MusterError[];
  /** What the sender was told, in order. */
  readonly answers: readonly AcknowledgementFrame[];
  attach(identity: string, onMessage: MessageHandler<unknown>, options?: Partial<HandlerMailboxOptions>): Mailbox;
  /** One frame to the node; `frame` and `attempt` are 1 unless they are given. */
  send(identities: readonly string[], awaiting?: Partial<Awaiting>, id?: string): Promise<void>;
}

/** @param wrap around what the node publishes through. */
export async function openAwaiting(
  wrap: (plain: MessagingBackend) => MessagingBackend = (plain) => plain,
): Promise<AwaitingFixture> {
  const hub = memoryHub();
  const broker = await openMessaging(hub);
  const warnings: MusterError[] = [];
  const nothing = (): void => {};
  const events = { onReplaced: nothing, onRoute: nothing, onBell: nothing, onReceipts: nothing };
  const node = openNode({
    messaging: wrap(await openMessaging(hub)),
    events,
    warn: (error) => void warnings.push(error),
  });
  await node.open(CALL);
  const answers: AcknowledgementFrame[] = [];
  const inbox = await broker.openInbox({ prefetch: 1_000 }, CALL);
  await inbox.addMany([SENDER], CALL);
  const reading = (async () => {
    for await (const page of inbox)
      for (const { body } of page) answers.push(decodeFrame(body) as AcknowledgementFrame);
  })();
  return {
    node,
    broker,
    warnings,
    answers,
    attach(identity, onMessage, options = {}) {
      const given = { mayStart: () => true, onOverflow: nothing, onHandlerError: nothing, onMessage, ...options };
      const mailbox = createMailbox(given);
      node.expect(identity).attach(1, mailbox);
      return mailbox;
    },
    async send(identities, awaiting = {}, id = "m-1"): Promise<void> {
      await broker.publishMany([outgoing(node, identities, awaiting, id)], CALL);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await node.close();
      await inbox[Symbol.asyncDispose]();
      await reading;
    },
  };
}

export function outgoing(
  { address }: ReceivingNode,
  identities: readonly string[],
  awaiting: Partial<Awaiting>,
  id: string,
): { readonly address: string; readonly headers: Record<string, string>; readonly body: Uint8Array } {
  const content = { id, contentType: "text/plain", sentAt: 0, payload: Buffer.from("hi") };
  const epochs = identities.map(() => 1);
  const body = encodeAwaited(content, { identities, epochs }, { replyTo: SENDER, frame: 1, attempt: 1, ...awaiting });
  return { address, headers: {}, body };
}

/** An answer's runs, as words. */
export function spelledRuns({ runs }: Pick<AcknowledgementFrame, "runs">): readonly string[] {
  const words = Object.fromEntries(Object.entries(PLACE_STATE).map(([word, state]) => [state, word]));
  return runs.map(([first, last, state]) => `${first}-${last} ${words[state] ?? state}`);
}
