/**
 * Finds a server that speaks before the driver dials it: the driver can't be told to give up, and leaves the socket of a
 * server that accepts and then stays silent open for good.
 */

import { connect, type Socket } from "node:net";
import type { Call } from "@muster/core/slots";
import { unavailable } from "../errors.ts";

export interface Door {
  readonly host: string;
  readonly port: number;
}

export interface Knocking {
  readonly timeoutMs: number;
  /** The server waits for a TLS handshake before it says anything. */
  readonly isMute: boolean;
}

/**
 * The first server that lets in, as an index.
 *
 * @throws UNAVAILABLE, as the last one; whatever `call` was ended with.
 */
export async function knock(doors: readonly Door[], options: Knocking, call: Call): Promise<number> {
  let failure: unknown;
  for (const [index, door] of doors.entries()) {
    try {
      await greeting(door, options, call);
      return index;
    } catch (error) {
      call.signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

async function greeting({ host, port }: Door, { timeoutMs, isMute }: Knocking, { signal }: Call): Promise<void> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  let end = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      end = (): void => reject(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      socket.setTimeout(timeoutMs, () => reject(silent(`${host}:${port} stays silent`)));
      socket.once("error", reject);
      socket.once("close", () => reject(silent(`${host}:${port} hangs up`)));
      if (isMute) socket.once("connect", () => resolve());
      else listenForInfo(socket, resolve, () => reject(silent(`${host}:${port} is no NATS server`)));
    });
  } finally {
    signal.removeEventListener("abort", end);
    socket.on("error", () => undefined); // Of a socket that nobody uses any more.
    socket.destroy();
  }
}

/** The first line of a server is `INFO {…}`. */
function listenForInfo(socket: Socket, onInfo: () => void, onOther: () => void): void {
  const expected = "INFO ";
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1", 0, expected.length);
    if (heard.length < expected.length && expected.startsWith(heard)) return;
    if (heard.startsWith(expected)) onInfo();
    else onOther();
  });
}

function silent(message: string): Error {
  return unavailable(message, { operation: "open" });
}
