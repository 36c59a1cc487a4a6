import { connect } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Connects, sends `request`, and gives the first answer that `read` makes out of everything received so far.
 *
 * @throws Error when the connection fails, ends or is silent for `silenceMs` before that, and whatever `read` throws.
 */
export function converse<T>(
  address: Address,
  request: string | Uint8Array,
  read: (received: string) => T | undefined,
  silenceMs = 1000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(address.port, address.host);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding("latin1");
    socket.setTimeout(silenceMs, () => fail(new Error(`${address.host}:${address.port} is silent`)));
    socket.once("error", fail);
    socket.once("close", () => fail(new Error(`${address.host}:${address.port} closed the connection`)));
    socket.once("connect", () => socket.write(request));
    socket.on("data", (chunk: string) => {
      received += chunk;
      try {
        const answer = read(received);
        if (answer === undefined) return;
        resolve(answer);
        socket.destroy();
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
