import type { Subject } from "@muster/conformance";
import { sqliteDurability, type SqliteFileOptions, sqliteRegistry } from "../src/index.ts";
import { notesIn } from "./notes.ts";

/** @public Clients and nothing else: for those processes of the kit that die, which import this module. */
export function subject(options: SqliteFileOptions): Subject {
  return {
    name: "sqlite",
    registry: () => sqliteRegistry(options),
    durability: () => sqliteDurability(options),
    transactionProbe: notesIn(options.path),
  };
}
