/** What the tests with a server share. */

import type { MessagingBackend } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import { rabbitmqMessaging, type RabbitmqMessagingOptions } from "../src/index.ts";

export async function opened(options: RabbitmqMessagingOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = rabbitmqMessaging(options);
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}
