/** The socket of a connection, as something that can be closed for a moment: then the server keeps what it has. */

import type { NatsConnection } from "@nats-io/transport-node";

export interface Tap {
  /** Whether nothing more comes from now on. */
  pause(): boolean;
  resume(): void;
}

interface Socket {
  readonly pause?: () => void;
  readonly resume?: () => void;
}

/** Follows the connection from socket to socket; does nothing where the driver doesn't show one. */
export function tapOf(connection: NatsConnection): Tap {
  const socket = (): Socket | undefined => {
    const { protocol } = connection as { protocol?: { transport?: { socket?: Socket } } };
    return protocol?.transport?.socket;
  };
  return {
    pause() {
      const current = socket();
      current?.pause?.();
      return current?.pause !== undefined;
    },
    resume: () => socket()?.resume?.(),
  };
}
