/** What the clients of one simulated fleet share: a store, a broker and a clock. */

import { Broker } from "./broker.ts";
import { MemoryFaults } from "./faults.ts";
import { Committed } from "./outbox/committed.ts";
import { Queues } from "./queues/queues.ts";
import { Records } from "./records.ts";

export interface MemoryHubOptions {
  /** The store's clock, in whole epoch ms. Default `Date.now`. */
  readonly now?: () => number;
}

/** One store and one broker, in the memory of this process. Make one with {@link memoryHub}. */
export class MemoryHub {
  /** Misfortunes of all clients at once, for tests. */
  readonly faults: MemoryFaults = new MemoryFaults();
  /** The store's clock. */
  readonly now: () => number;
  readonly #records = new Map<string, Records>();
  readonly #brokers = new Map<string, Broker>();
  readonly #queues = new Map<string, Queues>();
  readonly #outboxes = new Map<string, Committed>();

  constructor(options: MemoryHubOptions) {
    this.now = options.now ?? Date.now;
  }

  /** The records of one namespace, as all its clients share them. */
  records(namespace: string): Records {
    return shared(this.#records, namespace, () => new Records());
  }

  /** The addresses of one namespace, as all its clients share them. */
  broker(namespace: string): Broker {
    return shared(this.#brokers, namespace, () => new Broker());
  }

  /** What is kept for the identities of one namespace, as all its clients share it. */
  queues(namespace: string): Queues {
    return shared(this.#queues, namespace, () => new Queues());
  }

  /** What waits in the outbox of one namespace, as all its clients share it. */
  outbox(namespace: string): Committed {
    return shared(this.#outboxes, namespace, () => new Committed());
  }
}

/**
 * A store and a broker that live as long as the hub does. Each slot made with it is a client of its own, as in a
 * process of its own; namespaces see nothing of each other.
 */
export function memoryHub(options: MemoryHubOptions = {}): MemoryHub {
  return new MemoryHub(options);
}

function shared<T>(all: Map<string, T>, namespace: string, make: () => T): T {
  const known = all.get(namespace);
  if (known !== undefined) return known;
  const made = make();
  all.set(namespace, made);
  return made;
}
