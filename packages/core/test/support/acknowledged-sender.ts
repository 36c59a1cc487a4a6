/** A process that multicasts and waits for acknowledgements, whose broker loses or holds some of them on the way. */

import { type MemoryHub, memoryRegistry } from "@muster/backend-memory";
import { sessionDirectory } from "../../src/life/session-directory.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { ReceiptDesk } from "../../src/sending/durable/receipt-desk.ts";
import { select, selectedRoutes } from "../../src/query/selection.ts";
import { openNode, type ReceivingNode } from "../../src/receiving/node.ts";
import { type AcknowledgedEnd, acknowledgedFanOut } from "../../src/sending/acknowledged/fan-out.ts";
import { type OnReceipts, Tally } from "../../src/sending/report.ts";
import {
  type Delivery,
  linkCall,
  type MessagingBackend,
  type MulticastReport,
  type RegistryBackend,
} from "../../src/slots/index.ts";
import type { AcknowledgementFrame } from "../../src/wire/acknowledgement.ts";
import { decodeFrame } from "../../src/wire/frame.ts";
import { TIMING } from "./fleets.ts";
import { interposed } from "./interposed.ts";
import { CALL, openMessaging } from "./world.ts";

/** Of receivers that live for as long as a test, however slow its machine. */
export const STEADY = { timing: { ttlMs: 60_000, sessionLeaseMs: 20_000 } } as const;

export interface SenderOptions {
  readonly registry?: (plain: RegistryBackend) => RegistryBackend;
  /** Around what multicasts are published through. */
  readonly messaging?: (plain: MessagingBackend) => MessagingBackend;
  /** What becomes of an acknowledgement on its way here. Default: it passes. */
  readonly onAcknowledgement?: (acknowledgement: AcknowledgementFrame) => "pass" | "drop" | "hold";
}

interface Sent extends AcknowledgedEnd {
  readonly report: MulticastReport;
}

interface MulticastSettings {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onReceipts?: OnReceipts;
  readonly id?: string;
}

export interface Sender extends AsyncDisposable {
  readonly node: ReceivingNode;
  /** Batches that the broker has answered for. */
  readonly published: number;
  /** To everyone. */
  multicast(settings?: MulticastSettings): Promise<Sent>;
  /** Lets the acknowledgements that were held go on. */
  release(): Promise<void>;
}

let sent = 0;

export async function openSender(hub: MemoryHub, options: SenderOptions = {}): Promise<Sender> {
  const plain = memoryRegistry({ hub });
  await plain.open({ namespace: "test" }, CALL);
  const registry = options.registry?.(plain) ?? plain;
  const broker = await openMessaging(hub);
  const held: Delivery[] = [];
  const released = new Set<string>();
  const passes = (delivery: Delivery): boolean => {
    const frame = decodeFrame(delivery.body);
    if (frame.kind !== "acknowledgement" || released.has(keyOf(delivery))) return true;
    const fate = options.onAcknowledgement?.(frame) ?? "pass";
    if (fate === "hold") held.push(delivery);
    return fate === "pass";
  };
  const warn = (): void => {};
  const events = { onReplaced: warn, onRoute: warn, onBell: warn, onReceipts: warn };
  const node = openNode({ messaging: filtering(broker, passes), events, warn });
  let published = 0;
  const messaging = interposed(options.messaging?.(broker) ?? broker, {
    publishMany: (original) => async (batch, call) => {
      const failures = await original(batch, call);
      published += 1;
      return failures;
    },
  });
  const context = {
    namespace: "test",
    registry,
    messaging,
    durability: undefined,
    outbox: undefined,
    delivery: "at-least-once" as const,
    receipts: new ReceiptDesk(),
    runs: new Map(),
    schema: undefined,
    limits: DEFAULT_LIMITS,
    timing: TIMING,
    directory: sessionDirectory(registry, TIMING.sessionLeaseMs),
    node,
    warn,
  };
  return {
    node,
    get published(): number {
      return published;
    },
    async multicast({ timeoutMs = 5_000, signal, onReceipts, id }: MulticastSettings = {}): Promise<Sent> {
      sent += 1;
      const payload = Buffer.from("hi");
      const content = { id: id ?? `acknowledged-${sent}`, contentType: "text/plain", sentAt: 0, payload };
      const tally = new Tally(onReceipts);
      using call = linkCall(signal === undefined ? {} : { signal }, timeoutMs, "test.multicast");
      const pages = selectedRoutes(context, select(context, undefined), {}, call);
      const end = await acknowledgedFanOut(context, { messaging, pages, content, tally, node }, call);
      await tally.show();
      return { ...end, report: tally.report(content.id, end.incomplete) };
    },
    async release(): Promise<void> {
      for (const delivery of held) released.add(keyOf(delivery));
      const again = held.splice(0).map(({ address, headers, body }) => ({ address, headers, body }));
      await broker.publishMany(again, CALL);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await node.close();
    },
  };
}

function keyOf({ body }: Delivery): string {
  return Buffer.from(body).toString("hex");
}

/** Its inbox hands on only what passes. */
function filtering(plain: MessagingBackend, passes: (delivery: Delivery) => boolean): MessagingBackend {
  return interposed(plain, {
    openInbox: (original) => async (options, call) => {
      const inbox = await original(options, call);
      return interposed(inbox, {
        [Symbol.asyncIterator]: (iterate) =>
          async function* filtered() {
            for await (const page of { [Symbol.asyncIterator]: iterate }) yield page.filter(passes);
          },
      });
    },
  });
}
