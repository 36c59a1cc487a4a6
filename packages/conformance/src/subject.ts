/** What is tested: the factories of one backend over one store or broker that the test has to itself or shares. */

import type { DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";

/** Misfortunes that the maker of a subject can arrange for its server; every case that needs one is gated on it. */
export interface ServerFaults {
  /** No client reaches the server any more; calls that are open or come later fail. */
  cut(): Promise<void>;
  /** Requests reach the server and take effect, but whatever it answers is lost. */
  dropReplies?(): Promise<void>;
  /** The server stops answering: connections stay open, what is sent to it waits, and nothing is lost. */
  freeze?(): Promise<void>;
  /** Ends {@link freeze}. Resolves when the server goes on. */
  thaw?(): Promise<void>;
  /** Ends {@link cut}, {@link dropReplies} and {@link freeze}. Resolves when the server can be reached again. */
  heal(): Promise<void>;
  /** Kills the server without warning and starts it again with the data it has kept. Resolves when it can be reached. */
  restart?(): Promise<void>;
  /** What the server has answered for is all there again after {@link restart}. Default: some of it may be gone. */
  readonly keepsData?: boolean;
}

/**
 * A process that can die: its clients stop for good, in the middle of whatever they do, without a word to anyone. The kit
 * opens them and closes none, for who has died closes nothing: what they hold has to go with {@link kill}. One that is
 * asked for and never opened is not killed either, so it must hold nothing yet.
 */
export interface MortalProcess {
  readonly registry?: RegistryBackend;
  readonly messaging?: MessagingBackend;
  readonly durability?: DurabilityBackend;
  readonly outbox?: OutboxBackend;
  /** Required beside `outbox`: begins transactions of that process, which are rolled back when it dies. */
  begin?(): Promise<OwnTransaction>;
  /**
   * Dies at its `turn`-th moment from now on, at once if that is 0, or as soon as there is nothing left for it to do. Calls
   * that are open then, or come later, have no further effect and may never settle. Resolves when it is dead.
   *
   * Moments are whatever lies between the steps of the backend: touches of the world outside in a process of its own
   * (`withMortalProcesses`), awaits in one that only looks like that.
   */
  kill(turn: number): Promise<void>;
  /**
   * Stands still, in the middle of whatever it does: nothing is read, sent or timed until {@link thaw}. Its connections stay,
   * as far as others can tell. Both or neither; absent: it can't.
   */
  freeze?(): Promise<void>;
  /** Goes on; one that isn't frozen does so anyway. */
  thaw?(): Promise<void>;
}

/**
 * Something of the maker's own that a transaction of the durability slot can change: a table, a key, a counter. Namespaces
 * and cases share it; the keys tell them apart.
 */
export interface TransactionProbe<Transaction = unknown> {
  /** One more write of the key, which stands when the transaction does. */
  write(transaction: Transaction, key: string): Promise<void>;
  /** How many writes of the key stand, for anyone to see. */
  read(key: string): Promise<number>;
}

/** A transaction of the maker's own that has begun. Whoever asked for it ends it. */
export interface OwnTransaction<Transaction = unknown> {
  /** What `record` takes. */
  readonly transaction: Transaction;
  /** One more write of the key to the maker's own data, which stands when the transaction does. */
  write(key: string): Promise<void>;
  commit(): Promise<void>;
  /** Also of one whose `record` has failed. */
  rollback(): Promise<void>;
}

/** The maker's own side of the outbox's store. Namespaces and cases share it; the keys tell them apart. */
export interface OutboxProbe<Transaction = unknown> {
  /** Each in a connection of its own, as several may be open at once. */
  begin(): Promise<OwnTransaction<Transaction>>;
  /** How many writes of the key stand, for anyone to see. */
  read(key: string): Promise<number>;
}

/**
 * Each function gives a new client that is not open yet, as in a process of its own; all of them reach the same store or
 * broker. The kit opens and closes what it gets, each in a namespace of its own, so that a subject may be dirty and
 * may be tested in parallel.
 *
 * A plain object whose functions don't look at `this`: the mutants spread it to change one of them.
 */
export interface Subject {
  /** As it stands in reports: `memory`, `redis 7.0`. */
  readonly name: string;
  registry?(): RegistryBackend;
  messaging?(): MessagingBackend;
  durability?(): DurabilityBackend;
  outbox?(): OutboxBackend;
  /** Required where the durability slot has transactions. */
  readonly transactionProbe?: TransactionProbe;
  /** Required where there is an outbox. */
  readonly outboxProbe?: OutboxProbe;
  mortal?(): MortalProcess;
  readonly faults?: ServerFaults;
  /**
   * Slots whose operations are several exchanges with the server: one that gets no answer to the first may have changed nothing
   * yet. Default: what reaches the server takes effect there, whether or not its answer arrives.
   */
  readonly takesSteps?: readonly ("registry" | "messaging" | "durability" | "outbox")[];
  /** How long something may take that the contract only promises eventually. Default 5,000. */
  readonly patienceMs?: number;
  /**
   * Ends what its clients share, such as a connection, and processes of which a failed case has left some alive. Called
   * once by what has the last word: a test binding behind the subject's last test, the command before it ends.
   * `runConformance` leaves it to its caller.
   */
  close?(): Promise<void>;
}
