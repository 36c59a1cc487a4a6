/** One life of a gateway, in a process of its own. */

import { fileURLToPath } from "node:url";
import { RemoteProcess } from "@muster/servers/remote";
import type { Gateway } from "./gateway.ts";

const GATEWAY_PROCESS = fileURLToPath(new URL("gateway-process.ts", import.meta.url));

export interface GatewayLife extends Gateway, AsyncDisposable {
  /** At once and without a word, as by `kill -9`; resolves when it is dead. */
  kill(): Promise<void>;
}

/** Resolves when it is open. @throws Error with what it says about why it is not. */
export async function startGateway(address: string): Promise<GatewayLife> {
  const remote = await RemoteProcess.start<Gateway>(GATEWAY_PROCESS, [address]);
  return {
    connect: (devices) => remote.ask("connect", devices),
    stall: () => remote.ask("stall"),
    isStuck: () => remote.ask("isStuck"),
    deeds: (messageId) => remote.ask("deeds", messageId),
    account: (messageId) => remote.ask("account", messageId),
    switchOff: () => remote.ask("switchOff"),
    kill: () => remote.kill(),
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  };
}
