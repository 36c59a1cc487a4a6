/** Opens one connection, and ends it. */

import type { Duplex } from "node:stream";
import { type ChannelModel, connect, type Options, type SocketOptions } from "amqplib";
import { type Call, throwIfAborted, untilEnded } from "@muster/core/slots";
import type { Settings } from "../options.ts";
import { NAME } from "../errors.ts";

/** How long a server may take to say goodbye. */
const GOODBYE_MS = 1_000;
/** What the driver writes before it waits for the socket. */
const MAX_GATHERED_BYTES = 262_144;

/**
 * A connection to the first server that lets in.
 *
 * @throws what the last one has said; TIMEOUT, ABORTED
 */
export async function dial(settings: Settings, call: Call): Promise<ChannelModel> {
  let failure: unknown;
  for (const url of settings.urls) {
    throwIfAborted(call, "rabbitmq.open");
    try {
      return await connectTo(url, settings, call);
    } catch (error) {
      throwIfAborted(call, "rabbitmq.open");
      failure = error;
    }
  }
  throw failure;
}

/** Asks the server to end it, and doesn't wait for one that is silent. Nothing is left of it then. */
export async function hangUp(model: ChannelModel): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  try {
    await Promise.race([model.close(), patience]);
  } catch {
    // It has ended by itself.
  } finally {
    clearTimeout(timer);
    cutOff(model);
  }
}

/** At once, without a word: the driver only ends its own side, and leaves the socket of a silent server open. */
export function cutOff(model: ChannelModel): void {
  socketOf(model)?.destroy(new Error("Unexpected close: it was cut off")); // An end without an error the driver doesn't notice.
}

/** Not in the driver's types; every 2.x has it. */
export function socketOf(model: ChannelModel): Duplex | undefined {
  return (model.connection as { stream?: Duplex }).stream;
}

async function connectTo(url: URL, settings: Settings, call: Call): Promise<ChannelModel> {
  const { name, tls, connectTimeoutMs } = settings;
  const socket = {
    noDelay: true, // Or every answer waits 40 ms for what the server has to say next.
    keepAlive: true,
    highWaterMark: MAX_GATHERED_BYTES,
    timeout: connectTimeoutMs,
    clientProperties: { connection_name: name },
  };
  const connecting = connected(addressOf(url, settings), url.protocol === "amqps:" ? { ...tls, ...socket } : socket);
  return untilEnded(connecting, call, `${NAME}.open`, (late) => {
    hangUp(late).catch(() => undefined); // Nobody waits for it any more.
  });
}

/** What nobody listens to the driver throws, and so whoever has the connection hears of it when it closes. */
async function connected(address: Options.Connect, socket: SocketOptions): Promise<ChannelModel> {
  const model = await connect(address, socket);
  return model.on("error", () => undefined);
}

function addressOf(url: URL, { heartbeatMs, username, password, vhost }: Settings): Options.Connect {
  const path = decodeURIComponent(url.pathname.slice(1));
  return {
    protocol: url.protocol.slice(0, -1),
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port),
    username: username ?? (decodeURIComponent(url.username) || "guest"),
    password: password ?? (decodeURIComponent(url.password) || "guest"),
    vhost: encodeURIComponent(vhost ?? (path || "/")),
    heartbeat: heartbeatMs / 1_000,
  };
}
