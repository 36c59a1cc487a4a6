import { MusterError, type RegistryBackend, type Route, type ScanQuery } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

type Pages<R> = AsyncIterable<readonly R[]>;
type Scan = <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) => Pages<R>;

/** The same fault in both scans; `kills` names rules that both have a case for. */
function scanMutant(id: string, breaks: string, rules: readonly [string, ...string[]], fault: () => Scan): Mutant {
  const both = (rule: string): readonly [string, string] => [`registry/scan/${rule}`, `registry/routes/${rule}`];
  const [first, ...others] = rules;
  return registryMutant({ id, breaks, kills: [...both(first), ...others.flatMap(both)] }, (real) =>
    scanning(real, fault()),
  );
}

function scanning(real: RegistryBackend, scan: Scan): Pick<RegistryBackend, "scan" | "scanRoutes"> {
  return {
    scan: (query, call) => scan(query, (asked) => real.scan(asked, call)),
    scanRoutes: (query, call) => scan(query, (asked) => real.scanRoutes(asked, call)),
  };
}

async function allOf<R>(pages: Pages<R>): Promise<R[]> {
  const all: R[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** Everything at once, changed and cut into pages again. */
function rearranging(change: <R extends Route>(all: readonly R[], query: ScanQuery) => readonly R[]): Scan {
  return async function* <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
    const all = change(await allOf(ask(query)), query);
    for (let start = 0; start < all.length; start += query.pageSize) yield all.slice(start, start + query.pageSize);
  };
}

/** Asked otherwise than it was. */
function asking(change: (query: ScanQuery) => ScanQuery): Scan {
  return (query, ask) => ask(change(query));
}

function utf16(a: Route, b: Route): number {
  return a.identity < b.identity ? -1 : 1;
}

export const scanMutants: readonly Mutant[] = [
  scanMutant("utf16-order", "Pages are in the order of UTF-16 code units.", ["in-the-order-of-bytes"], () =>
    rearranging((all) => [...all].sort(utf16)),
  ),
  scanMutant("scan-in-order-of-registration", "Pages are in the order of epochs.", ["in-the-order-of-bytes"], () =>
    rearranging((all) => [...all].sort((a, b) => a.epoch - b.epoch)),
  ),
  scanMutant(
    "last-page-dropped",
    "A last page that isn't full is not given.",
    ["whatever-the-page-size", "in-the-order-of-bytes", "of-many"],
    () => rearranging((all, { pageSize }) => all.slice(0, all.length - (all.length % pageSize))),
  ),
  scanMutant("full-last-page-dropped", "A last page that is full is not given.", ["whatever-the-page-size"], () =>
    rearranging((all, { pageSize }) => (all.length % pageSize === 0 ? all.slice(0, -pageSize) : all)),
  ),
  scanMutant(
    "page-boundary-repeated",
    "Each page begins with the last one of the page before.",
    ["whatever-the-page-size", "everyone-throughout-while-others-come-and-go"],
    () =>
      rearranging((all, { pageSize }) =>
        all.flatMap((one, index) => (index > 0 && index % pageSize === 0 ? [one, one] : [one])),
      ),
  ),
  scanMutant(
    "page-boundary-skipped",
    "The first one of each page but the first is left out.",
    ["whatever-the-page-size", "of-many"],
    () => rearranging((all, { pageSize }) => all.filter((_, index) => index === 0 || index % pageSize !== 0)),
  ),
  scanMutant("page-size-ignored", "All registrations are on one page.", ["whatever-the-page-size", "of-many"], () =>
    asking((query) => ({ ...query, pageSize: 1_000_000 })),
  ),
  scanMutant("scan-stops-at-a-thousand", "A scan ends after a thousand registrations.", ["of-many"], () =>
    rearranging((all) => all.slice(0, 1_000)),
  ),
  scanMutant(
    "after-ignored",
    "A scan always begins at the beginning.",
    ["continues-behind", "continues-behind-the-unknown", "of-nobody"],
    () => asking(({ after: _after, ...query }) => query),
  ),
  scanMutant(
    "after-is-inclusive",
    "A scan behind an identity begins with it.",
    ["continues-behind", "of-nobody"],
    () => {
      return async function* <R extends Route>({ after, ...query }: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        for await (const page of ask(query))
          yield page.filter(
            ({ identity }) => after === undefined || Buffer.compare(Buffer.from(identity), Buffer.from(after)) >= 0,
          );
      };
    },
  ),
  scanMutant(
    "after-must-exist",
    "A scan behind an identity that doesn't exist gives nobody.",
    ["continues-behind-the-unknown"],
    () => {
      return async function* <R extends Route>({ after, ...query }: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        const all = await allOf(ask(query));
        const index = after === undefined ? 0 : all.findIndex(({ identity }) => identity === after) + 1;
        if (index > 0 || after === undefined) yield* ask(after === undefined ? query : { ...query, after });
      };
    },
  ),
  scanMutant("session-ignored", "A scan of what a session serves gives everybody.", ["of-one-session"], () =>
    asking(({ session: _session, ...query }) => query),
  ),
  scanMutant(
    "session-as-first-registered",
    "What a session serves is what first registered with it.",
    ["of-one-session"],
    () => {
      const first = new Map<string, string | undefined>();
      return async function* <R extends Route>({ session, ...query }: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        const all = await allOf(ask(query));
        for (const one of all) first.set(one.identity, first.get(one.identity) ?? one.session);
        yield* rearranging((kept) =>
          kept.filter((one) => session === undefined || first.get(one.identity) === session),
        )(query, ask);
      };
    },
  ),
  scanMutant(
    "pages-by-offset",
    "Pages are counted from the beginning, so that who comes or goes there shifts all others.",
    ["everyone-throughout-while-others-come-and-go"],
    () =>
      async function* <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        for (let offset = 0; ; offset += query.pageSize) {
          const page = (await allOf(ask(query))).slice(offset, offset + query.pageSize);
          if (page.length === 0) return;
          yield page;
        }
      },
  ),
  scanMutant("scans-share-a-cursor", "Scans of one object go on where any other of them is.", ["two-at-once"], () => {
    let cursor: string | undefined;
    let open = 0;
    return async function* <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
      if (open++ === 0) cursor = undefined;
      try {
        for (;;) {
          const after = cursor ?? query.after;
          const [page] = await firstOf(ask(after === undefined ? query : { ...query, after }));
          cursor = page?.at(-1)?.identity ?? cursor;
          if (page === undefined || page.length === 0) return;
          yield page;
        }
      } finally {
        open--;
      }
    };
  }),
  scanMutant(
    "left-scans-stay-open",
    "A scan that is left early keeps what it holds, and no more than 50 can be open.",
    ["left-early"],
    () => {
      let open = 0;
      return async function* <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        if (open >= 50)
          throw new MusterError({ code: "UNAVAILABLE", source: "mutant.scan", message: "all cursors are in use" });
        open += 1;
        yield* ask(query);
        open -= 1;
      };
    },
  ),
  scanMutant(
    "scan-goes-on-after-its-end",
    "A scan that was left gives its next page all the same.",
    ["left-early"],
    () => (query, ask) => ({
      [Symbol.asyncIterator]() {
        const real = ask(query)[Symbol.asyncIterator]();
        return { next: async () => real.next(), return: async () => ({ done: true, value: undefined }) };
      },
    }),
  ),
  scanMutant(
    "abort-ends-quietly",
    "A scan whose call has been given up ends as if it were at its end.",
    ["given-up"],
    () => {
      return async function* <R extends Route>(query: ScanQuery, ask: (query: ScanQuery) => Pages<R>) {
        try {
          yield* ask(query);
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith("[ABORTED]")) throw error;
        }
      };
    },
  ),
];

async function firstOf<R>(pages: Pages<R>): Promise<readonly (readonly R[])[]> {
  for await (const page of pages) return [page];
  return [];
}
