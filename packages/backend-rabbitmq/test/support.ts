/** What the tests with a server share. */

import type { MessagingBackend } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import { rabbitmqMessaging, type RabbitmqMessagingOptions } from "../src/index.ts";

export { callOf, eventually, freePort, rejection } from "@muster/testing";
export { failuresOf, Load } from "@muster/testing/load";
export { arrive, message, publish, Reader, reading } from "@muster/testing/messaging";

export async function opened(options: RabbitmqMessagingOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = rabbitmqMessaging(options);
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}
