import type { Call, Registration, RegistryBackend, Route, ScanQuery } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { identitiesIn } from "../crash/mortals.ts";
import { registryMutant } from "./support.ts";

type Pages<R> = AsyncIterable<readonly R[]>;
/** Whether somebody who was given before may be given again, though he stands otherwise by now, or not at all. */
type MayBeKept = (before: Route, now: Registration | undefined) => boolean;

/** The same fault in both scans. */
function keepingMutant(id: string, breaks: string, mayBeKept: MayBeKept): Mutant {
  const kills = [
    "registry/scan/each-write-however-often-asked",
    "registry/routes/each-write-however-often-asked",
  ] as const;
  return registryMutant({ id, breaks, kills: [...kills] }, (real) => ({
    scan: keeping<Registration>(real, (query, call) => real.scan(query, call), mayBeKept),
    scanRoutes: keeping<Route>(real, (query, call) => real.scanRoutes(query, call), mayBeKept),
  }));
}

/** Who asks for everyone is given what the one before was, as long as as many count and each of them may be kept. */
function keeping<R extends Route>(
  real: RegistryBackend,
  scan: (query: ScanQuery, call: Call) => Pages<R>,
  mayBeKept: MayBeKept,
): (query: ScanQuery, call: Call) => Pages<R> {
  let kept: readonly R[] | undefined;
  const isFresh = async (before: readonly R[], call: Call): Promise<boolean> => {
    const { counted } = await real.census(call);
    const now = await real.getMany(identitiesIn(before), call);
    return counted === before.length && before.every((one, index) => mayBeKept(one, now[index]));
  };
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
    () => true,
  ),
  keepingMutant(
    "scans-are-kept-while-epochs-stand",
    "Everyone is given as before until somebody comes, goes or is replaced.",
    (before, now) => now?.epoch === before.epoch,
  ),
  keepingMutant(
    "scans-are-kept-past-an-end",
    "Everyone is given as before until something is written: who expires stays.",
    (before, now) => isAsWritten(before, now ?? before),
  ),
];
