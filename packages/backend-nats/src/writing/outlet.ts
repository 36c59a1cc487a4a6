/** Where bytes leave to the server as they are, past the driver's own `publish`. */

import type { NatsConnection } from "@nats-io/transport-node";

/** So little leaves together with what follows: a write costs more than the copy that the driver makes to join them. */
const SMALL_BYTES = 4_096;

export interface Outlet {
  /**
   * Hands over whole commands, which leave in the order of the calls: the last of them when the driver is asked for a round
   * trip, or else in a microtask. True: the bytes may be written over; false: some of it is kept as it is until it can leave.
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
      if (commands.length <= SMALL_BYTES) {
        protocol.sendCommand(new Uint8Array(commands));
        return true;
      }
      protocol.sendCommand(commands);
      protocol.flushPending?.(); // Or the driver joins it with the next, which copies both.
      return protocol.outbound?.size?.() === 0 && protocol.transport?.socket?.writableLength === 0;
    },
  };
}
