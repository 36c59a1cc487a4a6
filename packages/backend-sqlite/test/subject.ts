import type { Subject } from "@muster/conformance";
import { type SqliteOptions, sqliteRegistry } from "../src/index.ts";

/** @public Clients and nothing else: for those processes of the kit that die, which import this module. */
export function subject(options: SqliteOptions): Subject {
  return {
    name: "sqlite",
    registry: () => sqliteRegistry(options),
  };
}
