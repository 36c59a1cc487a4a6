import type { RegistryBackend, Route } from "../../src/slots/index.ts";
import { interposed } from "./interposed.ts";

/** A registry whose scans end with `afterScan`, so that what they gave may be outdated when it is used. */
export function outdated(afterScan: () => Promise<void>): (plain: RegistryBackend) => RegistryBackend {
  return (plain) =>
    interposed(plain, {
      scanRoutes: (original) =>
        async function* scan(query, call) {
          const pages: (readonly Route[])[] = [];
          for await (const page of original(query, call)) pages.push(page);
          await afterScan();
          yield* pages;
        },
    });
}
