import type { Channel } from "amqplib";

/** Tells once when the channel ends, with what the server has said about it. The driver throws what nobody listens to. */
export function watch(channel: Channel, onEnd: (cause: unknown) => void): void {
  let complaint: unknown;
  channel.on("error", (error) => void (complaint = error));
  channel.once("close", () => onEnd(complaint ?? new Error("channel closed")));
}

/**
 * Without waiting for the answer, which never comes when the connection breaks first: the driver tells nobody. What was
 * asked of the channel before, acknowledgements included, reaches the server before that.
 */
export function dropChannel(channel: Channel): void {
  try {
    channel.close().catch(() => undefined); // It has gone by itself.
  } catch {
    // As before: the driver also says it like this.
  }
}
