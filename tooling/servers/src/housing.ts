import type { Address } from "./conversation.ts";

/** One way to run a server's process: as a child, or in a container. In which order it is used is `controlOf`'s business. */
export interface Housing {
  readonly address: Address;
  /** Of the process that last answered. */
  readonly version: string;
  /** Starts the process anew over the same data and port; resolves when it answers. */
  launch(): Promise<void>;
  /** Whether there is a process, frozen or not. */
  isAlive(): Promise<boolean>;
  /** Sends the signal; for SIGTERM and SIGKILL resolves when the process is gone, for SIGSTOP when it stands. */
  signal(name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Resolves when the server answers. */
  answers(): Promise<void>;
  /** @throws Error when it fails, or the server has no tools. */
  administer(command: readonly string[]): Promise<string>;
  /** Removes the process, its data and its claim to the port. */
  remove(): Promise<void>;
}
