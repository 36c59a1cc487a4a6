/** Connections to the brokers of a cluster, from dialling until it is given up. */

import type { Socket } from "node:net";
import type { ServerSettings } from "../options.ts";
import { type Api, ask, connect, type DriverBroker, driverBroker, isConnected, type OwnForm } from "./driver.ts";

/** How long those who still wait for an answer may do so when a line is given up. */
const GOODBYE_MS = 1_000;
const NO_LEADER = -1;

/** A topic as its cluster describes it. */
export interface TopicView {
  /** Of the protocol; 0: it is there. */
  readonly errorCode: number;
  /** By partition: the broker that leads it, by its number, or -1. */
  readonly leaders: readonly number[];
  /** How many brokers there are. */
  readonly brokers: number;
}

interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

/** Asks one broker. @throws errors of kafkajs */
export type Asking = (api: Api, args: unknown, own?: OwnForm) => Promise<unknown>;

export class Line {
  readonly #settings: ServerSettings;
  readonly #sockets = new Set<Socket>();
  /** By number, as far as a topic was described. */
  readonly #brokers = new Map<number, DriverBroker>();
  readonly #connecting = new Map<DriverBroker, Promise<void>>();
  readonly #byAddress = new Map<string, DriverBroker>();
  /** The one that let in first. */
  #first: DriverBroker | undefined;
  #asking = 0;
  #isLeft = false;

  private constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  /** To the first broker that lets in. @throws what the last one has said */
  static async dial(settings: ServerSettings): Promise<Line> {
    let failure: unknown = new Error("there is no broker to ask");
    for (const { host, port } of settings.addresses) {
      const line = new Line(settings);
      try {
        const broker = line.#brokerAt(host, port);
        await line.#ready(broker);
        line.#first = broker;
        return line;
      } catch (error) {
        line.cut();
        failure = error;
      }
    }
    throw failure;
  }

  /** Also tells {@link reach} which brokers there are. @throws errors of kafkajs */
  async describe(topic: string): Promise<TopicView> {
    const broker = this.#first;
    if (broker === undefined) throw new Error("the line was not dialled");
    const args = { topics: [topic], allowAutoTopicCreation: false };
    const { brokers, topicMetadata } = (await this.#ask(broker, "Metadata", args)) as Metadata; // As the protocol has it.
    for (const { nodeId, host, port } of brokers) this.#brokers.set(nodeId, this.#brokerAt(host, port));
    const about = topicMetadata.find((one) => one.topic === topic);
    const leaders: number[] = [];
    for (const { partitionId, leader } of about?.partitionMetadata ?? []) leaders[partitionId] = leader;
    return {
      errorCode: about?.topicErrorCode ?? 0,
      leaders: Array.from(leaders, (leader) => leader ?? NO_LEADER),
      brokers: brokers.length,
    };
  }

  /** Asks whoever let in first. @throws errors of kafkajs */
  async askAny(api: Api, args: unknown): Promise<unknown> {
    if (this.#first === undefined) throw new Error("the line was not dialled");
    return this.#ask(this.#first, api, args);
  }

  /**
   * Resolves when the broker of that number can be asked: what fails before that has not left.
   *
   * @throws errors of kafkajs; Error: nobody has described a broker of that number
   */
  async reach(node: number): Promise<Asking> {
    const broker = this.#brokers.get(node);
    if (broker === undefined) throw new UnknownBroker(node);
    await this.#ready(broker);
    return async (api, args, own) => this.#ask(broker, api, args, own);
  }

  /** Nobody asks any more; those who have asked get their answers. */
  leave(): void {
    this.#isLeft = true;
    if (this.#asking === 0) this.cut();
    else setTimeout(() => this.cut(), this.#settings.requestTimeoutMs + GOODBYE_MS).unref();
  }

  /** At once: whoever has asked is told that the connection broke. */
  cut(): void {
    this.#isLeft = true;
    for (const socket of [...this.#sockets]) socket.destroy(new Error("it was given up"));
  }

  async #ask(broker: DriverBroker, api: Api, args: unknown, own?: OwnForm): Promise<unknown> {
    this.#asking += 1;
    try {
      await this.#ready(broker);
      return await ask(broker, api, args, own);
    } finally {
      this.#asking -= 1;
      if (this.#isLeft && this.#asking === 0) this.cut();
    }
  }

  #brokerAt(host: string, port: number): DriverBroker {
    const address = `${host}:${port}`;
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const broker = driverBroker({ host, port }, this.#settings, (socket) => this.#hold(socket));
    this.#byAddress.set(address, broker);
    return broker;
  }

  /** Again where it has broken. The driver opens a second socket for whoever asks while the first is being opened. */
  async #ready(broker: DriverBroker): Promise<void> {
    let connecting = this.#connecting.get(broker);
    // It calls itself connected before it knows what it may ask.
    if (connecting === undefined && isConnected(broker)) return;
    if (connecting === undefined) {
      connecting = this.#connect(broker).finally(() => this.#connecting.delete(broker));
      this.#connecting.set(broker, connecting);
    }
    await connecting;
  }

  /** The driver waits for ever where a login gets no answer, and for who accepts but says nothing. */
  async #connect(broker: DriverBroker): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SilentBroker()), this.#settings.connectTimeoutMs);
    });
    try {
      await Promise.race([connect(broker), patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#isLeft) socket.destroy(new Error("it was given up"));
  }
}

/** Nobody has told where it is. */
class UnknownBroker extends Error {
  constructor(node: number) {
    super(`no broker ${node} is known`);
    this.name = "UnknownBroker";
  }
}

class SilentBroker extends Error {
  constructor() {
    super("the broker accepts, and says nothing");
    this.name = "KafkaJSLockTimeout";
  }
}
