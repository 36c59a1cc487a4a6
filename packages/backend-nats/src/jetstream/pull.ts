/** What a consumer hands out: pulled, so that nobody is sent what he has not asked for. */

import type { Msg } from "@nats-io/transport-node";
import { type Call, MusterError, offEnd, onEnd } from "@muster/core/slots";
import { NAME, unavailable } from "../errors.ts";
import type { QueueCall } from "./call.ts";
import type { JetStream } from "./api.ts";

/** A server that has died, or has moved the consumer, says nothing of it. */
const SILENCE_MS = 1_000;
/** Whoever waits for longer than two of these is told so often that the consumer is still there. */
const HEARTBEAT_MS = 1_000;
const NANOS = 1_000_000;

/** One that a consumer has handed out. */
export interface Pulled {
  readonly data: Uint8Array;
  /** Where it is acknowledged. `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<ns>.<pending>` */
  readonly ackSubject: string;
  readonly sequence: number;
  /** 1 for the first time. */
  readonly deliveries: number;
  /** Epoch ms, by the server that stored it. */
  readonly time: number;
  readonly subject: string;
}

/** `isGone`: the consumer is not there, or says nothing. */
export type Pull = { readonly pulled: readonly Pulled[]; readonly isGone: boolean };

/**
 * All that is at hand, `batch` at most; where there is nothing, what comes first within `waitMs`. What has arrived when
 * the call ends is given all the same.
 */
export async function pull(
  { requests, settings }: JetStream,
  place: { readonly stream: string; readonly consumer: string },
  { batch, waitMs }: { readonly batch: number; readonly waitMs: number },
  call: QueueCall,
): Promise<Pull> {
  const { link } = requests;
  const inbox = link.newInbox();
  const pulled: Pulled[] = [];
  const beats = waitMs >= 2 * HEARTBEAT_MS;
  const ending = new Ending(call, SILENCE_MS + (beats ? HEARTBEAT_MS : waitMs));
  link.check({ operation: call.operation });
  const subscription = link.listen(inbox, (error, message) => {
    const status = error === null ? statusOf(message) : 503;
    if (status === 0) {
      pulled.push(pulledIn(message));
      if (pulled.length >= batch) ending.end("done");
      // Of those that wait for more, JetStream tells when there is nothing more.
    } else if (status === 100) ending.putOff();
    else ending.end(status === 503 || status === 409 ? "gone" : "done");
  });
  const lost = link.follow({ onRoute: () => ending.end("lost"), onEnd: () => ending.end("lost") });
  try {
    const request = {
      batch,
      no_wait: true,
      ...(waitMs > 0 ? { expires: Math.ceil(waitMs) * NANOS } : {}),
      ...(beats ? { idle_heartbeat: HEARTBEAT_MS * NANOS } : {}),
    };
    requests.tell(
      `${settings.api}.CONSUMER.MSG.NEXT.${place.stream}.${place.consumer}`,
      JSON.stringify(request),
      inbox,
    );
    const how = await ending.reached;
    if (how === "lost" && pulled.length === 0)
      throw unavailable("the connection broke", { operation: call.operation, mayHaveApplied: true });
    if (how === "silent" && pulled.length === 0 && waitMs === 0) throw silent(call);
    if (how === "aborted") await subscription.drain().catch(() => undefined); // What is on its way still comes.
    return { pulled, isGone: how === "gone" || how === "silent" };
  } finally {
    ending[Symbol.dispose]();
    lost[Symbol.dispose]();
    subscription.unsubscribe();
  }
}

function silent({ operation }: QueueCall): MusterError<"TIMEOUT"> {
  const message = "JetStream has not told that there is nothing more";
  return new MusterError({ code: "TIMEOUT", source: `${NAME}.${operation}`, message, mayHaveApplied: true });
}

type How = "done" | "gone" | "lost" | "aborted" | "silent";

class Ending implements Disposable {
  readonly reached: Promise<How>;
  readonly #call: Call;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.end("aborted");
  #resolve: (how: How) => void = () => {};

  constructor(call: Call, timeoutMs: number) {
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#call = call;
    this.#timeoutMs = timeoutMs;
    this.putOff();
    onEnd(call, this.#onAbort);
  }

  /** Somebody has said something. */
  putOff(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end("silent"), this.#timeoutMs).unref();
  }

  end(how: How): void {
    this.#resolve(how);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    offEnd(this.#call, this.#onAbort);
  }
}

/** 0: it is a message. */
function statusOf(message: Msg): number {
  return message.data.length === 0 && (message.reply ?? "") === "" ? (message.headers?.code ?? 0) : 0;
}

function pulledIn({ data, reply = "", subject }: Msg): Pulled {
  const parts = reply.split(".");
  // With a domain and an account there are two tokens more in front of the stream.
  const [deliveries = 0, sequence = 0, , nanos = 0] = parts.slice(parts.length > 9 ? 6 : 4).map(Number);
  return { data, ackSubject: reply, sequence, deliveries, time: nanos / 1e6, subject };
}
