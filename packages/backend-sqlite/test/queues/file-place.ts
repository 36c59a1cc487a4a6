/** A file in which handlers have tables of their own, for all tests of one module. */

import { join } from "node:path";
import { freshNamespace, within } from "@muster/testing";
import { type Handed, message, take, targets, TTL } from "@muster/testing/durability";
import { expect } from "vitest";
import { type SqliteFile, sqliteFile, type SqliteTransaction } from "../../src/index.ts";
import { connectedTo } from "../store/support.ts";
import { type Folder, freshFolder } from "../support.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

export interface FilePlace {
  readonly path: string;
  /** Its thread stays, whoever comes and goes. */
  readonly file: SqliteFile;
  open(): Promise<void>;
  close(): Promise<void>;
  noted(key: string): boolean;
  note(transaction: SqliteTransaction, key: string): Promise<void>;
  /** One delivery; its message is called as nothing else. */
  leased(queues: Queues): Promise<Handed>;
  handle(
    queues: Queues,
    handed: Handed,
    work: (transaction: SqliteTransaction) => Promise<void>,
    call?: { readonly signal: AbortSignal },
  ): Promise<"handled" | "duplicate" | undefined>;
}

/** To be opened before the first test. */
export function filePlace(): FilePlace {
  let opened: { readonly folder: Folder; readonly file: SqliteFile; readonly keeper: Queues } | undefined;
  const current = (): NonNullable<typeof opened> => {
    if (opened === undefined) throw new Error("it is not open");
    return opened;
  };
  return {
    get path() {
      return current().file.path;
    },
    get file() {
      return current().file;
    },
    async open() {
      const folder = await freshFolder();
      const path = join(folder.path, "fleet.db");
      const file = sqliteFile({ path });
      opened = { folder, file, keeper: await openedQueues({ file }) };
      using store = connectedTo(path);
      store.execute("create table notes (key text not null unique) strict; create table things (thing)");
    },
    async close() {
      await opened?.keeper.close();
      await opened?.folder[Symbol.asyncDispose]();
    },
    noted(key) {
      using store = connectedTo(current().file.path);
      return store.get("select key from notes where key = ?", [key]) !== undefined;
    },
    async note(transaction, key) {
      const answer = await transaction.query("insert into notes values (?) returning key", [key]);
      expect(answer).toEqual({ rows: [{ key }], changes: 1 });
    },
    async leased(queues) {
      const id = freshNamespace();
      await queues.attachMany("s", targets(["a"]), within(20 * SECOND));
      await queues.enqueueMany(message(id), targets(["a"]), TTL, within(20 * SECOND));
      const one = (await take(queues, "s")).find((each) => each.id === id);
      if (one === undefined) throw new Error("it is not handed out");
      return one;
    },
    async handle(queues, { id, identity, receipt }, work, call = within(20 * SECOND)) {
      return queues.transactions?.handleOnce({ messageId: id, identity, receipt }, work, call);
    },
  };
}
