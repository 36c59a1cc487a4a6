/** What the tests with a server share. */

import { isMusterError, type MessagingBackend, type MusterError, type Outgoing } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import { rabbitmqMessaging, type RabbitmqMessagingOptions } from "../src/index.ts";

export async function opened(options: RabbitmqMessagingOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = rabbitmqMessaging(options);
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}

/** By their places in the batch; of a batch that was rejected, all of them. */
export async function failuresOf(
  from: MessagingBackend,
  batch: readonly Outgoing[],
  call: ReturnType<typeof callOf> = callOf(),
): Promise<ReadonlyMap<number, MusterError>> {
  using ending = call;
  try {
    return new Map((await from.publishMany(batch, ending)).map(({ index, error }) => [index, error]));
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return new Map(batch.map((_, index) => [index, error]));
  }
}
