/** What Muster hands to a broker for one multicast to node addresses, byte for byte. */

import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { openRegistry } from "@muster/core";
import type { MessagingBackend } from "@muster/core/slots";
import { PATIENT } from "./fleets.ts";
import { identityOf } from "./store.ts";

export async function framesOf(size: number, nodes: number, payload: string): Promise<readonly Buffer[]> {
  const hub = memoryHub();
  const frames: Buffer[] = [];
  const open = async (messaging: MessagingBackend): ReturnType<typeof openRegistry> =>
    openRegistry({ namespace: "frames", registry: memoryRegistry({ hub }), messaging, timing: PATIENT });
  const fleets = await Promise.all(Array.from({ length: nodes }, () => open(memoryMessaging({ hub }))));
  const registering = Array.from({ length: size }, async (_, index) => {
    await fleets[index % nodes]?.register(identityOf(index), {}, { onMessage: () => {} });
  });
  await Promise.all(registering);
  const sender = await open(copying(memoryMessaging({ hub }), frames));
  await sender.multicast(null, payload, { delivery: "at-most-once" });
  await Promise.all([sender, ...fleets].map((fleet) => fleet.close()));
  return frames;
}

/** The same messaging, which copies what is published. */
function copying(messaging: MessagingBackend, frames: Buffer[]): MessagingBackend {
  return {
    name: messaging.name,
    get traits() {
      return messaging.traits;
    },
    open: (scope, call) => messaging.open(scope, call),
    publishMany(batch, call) {
      frames.push(...batch.map(({ body }) => Buffer.from(body)));
      return messaging.publishMany(batch, call);
    },
    openInbox: (options, call) => messaging.openInbox(options, call),
    close: () => messaging.close(),
    [Symbol.asyncDispose]: () => messaging.close(),
  };
}
