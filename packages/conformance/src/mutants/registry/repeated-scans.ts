import type { Call, Registration, RegistryBackend, Route, ScanQuery } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

type Pages<R> = AsyncIterable<readonly R[]>;
/** Whether what was given before may be given again. */
type IsFresh = (before: readonly Route[], call: Call) => Promise<boolean>;

/** The same fault in both scans. */
function keepingMutant(id: string, breaks: string, isFresh: (real: RegistryBackend) => IsFresh): Mutant {
  const kills = [
    "registry/scan/each-write-however-often-asked",
    "registry/routes/each-write-however-often-asked",
  ] as const;
  return registryMutant({ id, breaks, kills: [...kills] }, (real) => {
    const fresh = isFresh(real);
    return {
      scan: keeping<Registration>((query, call) => real.scan(query, call), fresh),
      scanRoutes: keeping<Route>((query, call) => real.scanRoutes(query, call), fresh),
    };
  });
}

/** What was given to the last who asked for everyone is given again as long as it is taken for fresh. */
function keeping<R extends Route>(
  scan: (query: ScanQuery, call: Call) => Pages<R>,
  isFresh: IsFresh,
): (query: ScanQuery, call: Call) => Pages<R> {
  let kept: readonly R[] | undefined;
  return async function* (query, call) {
    const { after, filter, session, pageSize } = query;
    if ([after, filter, session].some((one) => one !== undefined)) {
      yield* scan(query, call);
      return;
    }
    if (kept === undefined || !(await isFresh(kept, call))) {
      const all: R[] = [];
      for await (const page of scan(query, call)) all.push(...page);
      kept = all;
    }
    for (let start = 0; start < kept.length; start += pageSize) yield kept.slice(start, start + pageSize);
  };
}

function isAsWritten(one: Route, other: Route): boolean {
  return (["epoch", "revision", "expiresAt", "ttlMs"] as const).every((field) => one[field] === other[field]);
}

export const repeatedScanMutants: readonly Mutant[] = [
  keepingMutant(
    "scans-are-kept-while-as-many-count",
    "Everyone is given as before until the quota counts more or fewer.",
    (real) => async (before, call) => (await real.census(call)).counted === before.length,
  ),
  keepingMutant(
    "scans-are-kept-while-epochs-stand",
    "Everyone is given as before until somebody comes, goes or is replaced.",
    (real) => async (before, call) => {
      const { counted } = await real.census(call);
      const now = await real.getMany(
        before.map(({ identity }) => identity),
        call,
      );
      return counted === before.length && now.every((one, index) => one?.epoch === before[index]?.epoch);
    },
  ),
  keepingMutant(
    "scans-are-kept-past-an-end",
    "Everyone is given as before until something is written: who expires stays.",
    (real) => async (before, call) => {
      const { counted } = await real.census(call);
      const now = await real.getMany(
        before.map(({ identity }) => identity),
        call,
      );
      return counted === before.length && before.every((one, index) => isAsWritten(one, now[index] ?? one));
    },
  ),
];
