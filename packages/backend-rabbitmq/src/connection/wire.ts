/** Where bytes leave on a channel as they are, past the driver's own `publish`. */

import type { Channel } from "amqplib";

export interface Wire {
  /** Its number. */
  readonly channel: number;
  /** With all that is around what a frame contains. */
  readonly maxFrameBytes: number;
  /** Whole frames, which are not written over any more. They leave in the order of the calls, and of what the driver sends. */
  send(frames: Uint8Array): void;
}

/** What of the driver takes bytes: in every 2.x, but not in the type of a channel. */
interface Insides {
  readonly ch: number;
  readonly connection: {
    readonly frameMax: number;
    readonly channels: readonly (Slot | null | undefined)[];
    /** Or it sends a heartbeat beside them. */
    sentSinceLastCheck?: boolean;
  };
}

interface Slot {
  readonly channel: unknown;
  readonly buffer: { write(bytes: Uint8Array): boolean };
}

/** `undefined`: the driver lets nobody do that. */
export function wireOf(channel: Channel): Wire | undefined {
  const { ch, connection } = channel as unknown as { readonly ch?: unknown; readonly connection?: unknown };
  if (typeof ch !== "number" || !isConnection(connection)) return undefined;
  const slot = connection.channels[ch];
  if (slot?.channel !== channel || typeof slot.buffer?.write !== "function") return undefined;
  return {
    channel: ch,
    maxFrameBytes: connection.frameMax,
    send(frames): void {
      if (connection.channels[ch] !== slot) return; // It has just ended, and nobody answers for what was to be sent.
      connection.sentSinceLastCheck = true;
      slot.buffer.write(frames);
    },
  };
}

function isConnection(connection: unknown): connection is Insides["connection"] {
  if (typeof connection !== "object" || connection === null) return false;
  const { frameMax, channels } = connection as Partial<Insides["connection"]>;
  return typeof frameMax === "number" && frameMax > 0 && Array.isArray(channels);
}
