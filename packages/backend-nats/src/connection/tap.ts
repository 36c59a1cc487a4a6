/** The socket of a connection, as something that can be closed for a moment: then the server keeps what it has. */

import type { NatsConnection } from "@nats-io/transport-node";

export interface Tap {
  pause(): void;
  resume(): void;
}

/** Follows the connection from socket to socket; does nothing where the driver doesn't show one. */
export function tapOf(connection: NatsConnection): Tap {
  const socket = (): Partial<Tap> | undefined => {
    const { protocol } = connection as { protocol?: { transport?: { socket?: Partial<Tap> } } };
    return protocol?.transport?.socket;
  };
  return {
    pause: () => socket()?.pause?.(),
    resume: () => socket()?.resume?.(),
  };
}
