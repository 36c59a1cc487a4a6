/** Receivers with a messaging slot and nothing above it. */

import { CALL } from "../store.ts";
import type { Counter } from "./counter.ts";
import { messagingAt } from "./places.ts";
import type { SlotPlan } from "./plan.ts";
import { namesOf } from "./raw-receivers.ts";

const PREFETCH = 4_096;

/** Resolves when all addresses are live. */
export async function listen({ namespace, messaging: place, share }: SlotPlan, { count }: Counter): Promise<void> {
  const messaging = messagingAt(place);
  await messaging.open({ namespace }, CALL);
  const inbox = await messaging.openInbox({ prefetch: PREFETCH }, CALL);
  await inbox.addMany(namesOf("", share), CALL);
  const reading = async (): Promise<void> => {
    for await (const page of inbox) for (const _ of page) count();
  };
  reading().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
