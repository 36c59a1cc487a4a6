/** What one run of one case works with, and its end. */

import { randomUUID } from "node:crypto";
import type { Backend, Call, Scope } from "@muster/core/slots";
import { seededRandom } from "@muster/filter/corpus";
import type { CaseContext, Part } from "./case.ts";
import { eventually, PATIENCE_MS } from "./eventually.ts";
import { noteNamespace } from "./cases/durability/serving.ts";
import { compositionOf } from "./pattern/composition.ts";
import type { Subject } from "./subject.ts";

/** The subject's way to make a client of a slot, or of all it has; `undefined` for what it doesn't have. */
export function factoryOf(subject: Subject, part: Part): (() => Backend) | undefined {
  return part === "pattern" ? compositionOf(subject) : subject[part]?.bind(subject);
}

/** A valid namespace that nobody has seen before, whatever the seed. */
export function freshNamespace(): string {
  return `kit-${randomUUID()}`;
}

/** Every client that one run has got, so that all of them can be closed behind it. */
export class Clients {
  readonly #make: () => Backend;
  readonly #all: Backend[] = [];
  #hasEnded = false;

  constructor(make: () => Backend) {
    this.#make = make;
  }

  /** One more, not open; throws once they have been closed, so that an abandoned case leaves nothing behind. */
  fresh(): Backend {
    if (this.#hasEnded) throw new Error("the case has ended");
    const client = this.#make();
    this.#all.push(client);
    return client;
  }

  /** One more, open. */
  async open(scope: Scope, call: Call): Promise<Backend> {
    const client = this.fresh();
    await client.open(scope, call);
    noteNamespace(client, scope.namespace);
    return client;
  }

  /** Closes all at once; gives what went wrong with any, a client that needs more than `patienceMs` included. */
  async close(patienceMs: number): Promise<readonly unknown[]> {
    this.#hasEnded = true;
    const ends = await Promise.allSettled(this.#all.map(async (client) => closeWithin(client, patienceMs)));
    return ends.filter((end) => end.status === "rejected").map(({ reason }): unknown => reason);
  }
}

export interface ContextInit {
  readonly subject: Subject;
  readonly clients: Clients;
  readonly call: Call;
  readonly seed: number;
  readonly filters: number;
}

/** Opens the case's own client in a fresh namespace. @throws what `open` throws. */
export async function openContext({
  subject,
  clients,
  call,
  seed,
  filters,
}: ContextInit): Promise<CaseContext<Backend>> {
  const namespace = freshNamespace();
  const options = { patienceMs: subject.patienceMs ?? PATIENCE_MS, signal: call.signal };
  return {
    backend: await clients.open({ namespace }, call),
    namespace,
    subject,
    call,
    random: seededRandom(seed),
    filters,
    peer: async (scope = {}) => clients.open({ namespace, ...scope }, call),
    fresh: () => clients.fresh(),
    eventually: async (probe) => eventually(probe, options),
  };
}

async function closeWithin(client: Backend, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${client.name}: close() has not ended after ${patienceMs} ms`)),
      patienceMs,
    );
  });
  try {
    await Promise.race([client.close(), late]);
  } finally {
    clearTimeout(timer);
  }
}
