/** The misfortunes of a server whose line, and perhaps whose processes, are in the hands of the test. */

import type { ServerFaults } from "../subject.ts";
import type { FaultProxy } from "./fault-proxy.ts";

/** Power over one process of the server. Each of them twice is once. */
export interface ServerControl {
  /** Stops it without ending it: connections stay open and nothing answers (SIGSTOP). */
  freeze(): Promise<void>;
  /** Ends `freeze` (SIGCONT); nothing where it isn't frozen. */
  thaw(): Promise<void>;
  /** Kills it and starts it again, on the same port and the same data. Resolves when it answers. */
  restart(): Promise<void>;
}

export interface ServerFaultsOptions {
  /** Between the subject's clients and the server: one before each node. Whoever made them closes them. */
  readonly proxies: readonly FaultProxy[];
  /** Of each node. Where one is missing, for it belongs to somebody else, the server is not frozen and not restarted. */
  readonly controls: readonly (ServerControl | undefined)[];
  /** Resolves when nodes that were away serve again. Default: as soon as they answer. */
  readonly untilServing?: () => Promise<void>;
  /** As {@link ServerFaults} means it. Default false. */
  readonly keepsData?: boolean;
}

/** For a subject's `faults`. */
export function serverFaults(options: ServerFaultsOptions): ServerFaults {
  const { proxies, controls, untilServing = async (): Promise<void> => undefined, keepsData = false } = options;
  const owned = controls.filter((control) => control !== undefined);
  const everywhere = async (work: (control: ServerControl) => Promise<void>): Promise<void> => {
    await Promise.all(owned.map(work));
  };
  const thaw = async (): Promise<void> => {
    await everywhere(async (control) => control.thaw());
    await untilServing();
  };
  return {
    cut: async () => proxies.forEach((proxy) => proxy.cut()),
    dropReplies: async () => proxies.forEach((proxy) => proxy.dropReplies()),
    async heal() {
      await thaw();
      await Promise.all(proxies.map(async (proxy) => proxy.heal()));
    },
    ...(owned.length === controls.length && {
      freeze: async () => everywhere(async (control) => control.freeze()),
      thaw,
      async restart() {
        await everywhere(async (control) => control.restart());
        await untilServing();
      },
      keepsData,
    }),
  };
}
