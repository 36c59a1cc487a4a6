/** The servers of a composition, started for it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "@muster/servers";
import type { Slots } from "./compositions.ts";
import { closePools } from "./receivers/places.ts";
import type { DurabilityPlace, MessagingPlace, RegistryServerPlace } from "./receivers/plan.ts";
import { benchServer } from "./servers.ts";

/** Where the slots are, for processes of their own. */
export interface Places {
  readonly registry: RegistryServerPlace;
  readonly messaging?: MessagingPlace;
  readonly durability?: DurabilityPlace;
}

/** What a server needs that many processes, and every slot it can fill, are to have. */
const ARGUMENTS: Partial<Record<Server["kind"], readonly string[]>> = {
  // With a monitor on whatever port is free.
  nats: ["-js", "-m", "-1"],
  postgres: ["-c", "max_connections=600"],
};

export class Housing implements AsyncDisposable {
  readonly places: Places;
  /** Each kind once; SQLite has none. */
  readonly servers: readonly Server[];
  readonly #folder: string;

  private constructor(places: Places, servers: readonly Server[], folder: string) {
    this.places = places;
    this.servers = servers;
    this.#folder = folder;
  }

  static async open({ registry, messaging, durability }: Slots): Promise<Housing> {
    const folder = mkdtempSync(join(tmpdir(), "muster-bench-"));
    const servers = new Map<string, Server>();
    const placed = async <Kind extends NonNullable<Slots[keyof Slots]>>(
      at: Kind,
    ): Promise<{ readonly at: Kind; readonly url: string }> => {
      if (at === "sqlite") return { at, url: join(folder, "fleet.db") };
      const server = servers.get(at) ?? (await benchServer(at, ARGUMENTS[at]));
      servers.set(at, server);
      return { at, url: at === "postgres" ? `${server.url}/postgres` : server.url };
    };
    const places: Places = {
      registry: await placed(registry),
      ...(messaging === undefined ? {} : { messaging: await placed(messaging) }),
      ...(durability === undefined ? {} : { durability: await placed(durability) }),
    };
    return new Housing(places, [...servers.values()], folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closePools();
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
