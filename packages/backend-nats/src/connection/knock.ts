/**
 * Finds a server that speaks before the driver dials it: the driver can't be told to give up, and leaves the socket of a
 * server that accepts and then stays silent open for good.
 */

import { connect, type Socket } from "node:net";
import { type Call, throwIfAborted, untilEnded } from "@muster/core/slots";
import { unavailable, NAME } from "../errors.ts";

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
 * @throws UNAVAILABLE, of the last one; TIMEOUT, ABORTED
 */
export async function knock(doors: readonly Door[], options: Knocking, call: Call): Promise<number> {
  let failure: unknown;
  for (const [index, door] of doors.entries()) {
    try {
      await greeting(door, options, call);
      return index;
    } catch (error) {
      throwIfAborted(call, "nats.open");
      failure = error;
    }
  }
  throw failure;
}

async function greeting({ host, port }: Door, { timeoutMs, isMute }: Knocking, call: Call): Promise<void> {
  throwIfAborted(call, "nats.open");
  const socket = connect({ host, port });
  const heard = new Promise<void>((resolve, reject) => {
    const fail = (what: string): void => reject(unavailable(`${host}:${port} ${what}`, { operation: "open" }));
    socket.setTimeout(timeoutMs, () => fail("stays silent"));
    socket.once("error", reject);
    socket.once("close", () => fail("hangs up"));
    if (isMute) socket.once("connect", () => resolve());
    else listenForInfo(socket, resolve, () => fail("is no NATS server"));
  });
  try {
    await untilEnded(heard, call, `${NAME}.open`);
  } finally {
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
