import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** A TCP port of 127.0.0.1 that nobody listened at, kept from everybody else who calls `reservePort`. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

// Below the ephemeral ranges of Linux and macOS: while a server is down, no outgoing connection can take its port.
const LOWEST = 20_000;
const COUNT = 12_000;
const ATTEMPTS = 100;

/** The UDP port of the same number serves as the lock: it is held while the server is down, and dies with the process. */
function lock(port: number): Promise<ReservedPort | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => resolve(undefined));
    socket.bind({ address: "127.0.0.1", port, exclusive: true }, () => {
      socket.unref();
      resolve({ port, release: () => void socket.close() });
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** One port to be found at, and others beside it. */
export interface ReservedPorts extends ReservedPort {
  readonly sidePorts: readonly number[];
}

/** @throws Error when a hundred ports in a row are taken. */
export async function reservePorts(besides: number): Promise<ReservedPorts> {
  const all: ReservedPort[] = [];
  const release = (): void => {
    for (const one of all) one.release();
  };
  try {
    for (let count = 0; count <= besides; count += 1) all.push(await reservePort());
  } catch (error) {
    release();
    throw error;
  }
  const [port = 0, ...sidePorts] = all.map((one) => one.port);
  return { port, sidePorts, release };
}

/** @throws Error when a hundred ports in a row are taken. */
export async function reservePort(): Promise<ReservedPort> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const reserved = await lock(LOWEST + Math.floor(Math.random() * COUNT));
    if (reserved === undefined) continue;
    if (await isFree(reserved.port)) return reserved;
    reserved.release();
  }
  throw new Error(`No free port of 127.0.0.1 from ${LOWEST} to ${LOWEST + COUNT - 1} in ${ATTEMPTS} attempts`);
}
