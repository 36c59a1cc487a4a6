/** What the tests with a broker share. */

import { connect, type Socket } from "node:net";
import type { MessagingBackend } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import type { ISocketFactory } from "kafkajs";
import { kafkaMessaging, type KafkaMessagingOptions } from "../src/index.ts";

export { callOf, eventually, freePort, rejection } from "@muster/testing";
export { failuresOf, Load } from "@muster/testing/load";
export { arrive, message, publish, Reader, reading } from "@muster/testing/messaging";

/** Clients go where brokers say that they are: whatever stands in between has to be where the sockets are made. */
export function through({ host, port }: { readonly host: string; readonly port: number }): ISocketFactory {
  return ({ onConnect }): Socket => connect({ host, port }, onConnect);
}

export async function opened(options: KafkaMessagingOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = kafkaMessaging({ partitions: 2, ...options });
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}
