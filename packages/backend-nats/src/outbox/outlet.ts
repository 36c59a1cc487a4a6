/** Where bytes leave to the server as they are, past the driver's own `publish`. */

import type { NatsConnection } from "@nats-io/transport-node";

export interface Outlet {
  /**
   * Hands over whole commands, which leave in the order of the calls. True: all of it has left, so that the bytes may be
   * written over; false: some of it is kept as it is until it can leave.
   */
  send(commands: Uint8Array): boolean;
}

/** What of the driver takes bytes: in every 3.x, but not in the type of a connection. Only the first must be there. */
interface Protocol {
  /** Keeps what it is given until the next turn, or until it has enough. */
  readonly sendCommand: (command: Uint8Array) => void;
  /** Hands what was kept to the socket. */
  readonly flushPending?: () => void;
  readonly outbound?: { readonly size?: () => number };
  readonly transport?: { readonly socket?: { readonly writableLength?: number } };
}

/** `undefined`: the connection is of a driver without one. */
export function outletOf(connection: NatsConnection): Outlet | undefined {
  const { protocol } = connection as { protocol?: Partial<Protocol> };
  return typeof protocol?.sendCommand === "function" ? outlet(protocol as Protocol) : undefined; // Just checked.
}

function outlet(protocol: Protocol): Outlet {
  return {
    send(commands): boolean {
      protocol.sendCommand(commands);
      protocol.flushPending?.(); // Or the driver joins it with the next, which copies both.
      return protocol.outbound?.size?.() === 0 && protocol.transport?.socket?.writableLength === 0;
    },
  };
}
