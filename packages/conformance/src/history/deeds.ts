/** Whether a registry has kept what it told those who wrote to it, some of whom may have died. */

import { isDeepStrictEqual } from "node:util";
import type { Registration } from "@muster/core/slots";

/**
 * What became of a deed: `stored` or `found` with an epoch and a revision, `deleted`, `renewed` until then, or `refused`
 * and without any effect. Absent: nobody was told, and it happened or not.
 */
export type Told =
  | { readonly as: "stored" | "found"; readonly epoch: number; readonly revision: number }
  | { readonly as: "renewed"; readonly expiresAt: number }
  | { readonly as: "deleted" | "refused" };

/** What one process did to one identity. */
export interface Deed {
  readonly identity: string;
  /** Reads that may be older than what was told before are left out. */
  readonly kind: "register" | "update" | "renew" | "unregister" | "read";
  /** The life it is about; absent for `register`, which begins one. */
  readonly epoch?: number;
  readonly attempt: string;
  /** What it writes. */
  readonly metadata?: object;
  /** Positions in the history: when it began, and when its answer came. */
  readonly begunAt: number;
  toldAt?: number;
  told?: Told;
}

/**
 * Every way in which what is found at last contradicts what was told, as sentences; `[]` is a good history.
 *
 * @param found whom the registry still has, when nobody writes any more.
 */
export function checkDeeds(deeds: readonly Deed[], found: ReadonlyMap<string, Registration>): readonly string[] {
  const identities = new Set([...deeds.map(({ identity }) => identity), ...found.keys()]);
  return [...identities].flatMap((identity) => {
    const own = deeds.filter((deed) => deed.identity === identity);
    const one = found.get(identity);
    const problems = [...order(own), ...(one ? standing(own, one) : absence(own))];
    return problems.map((problem) => `${identity}: ${problem}`);
  });
}

/** Epochs only grow, no revision of a life is given twice, and nobody reads less than was told before. */
function* order(deeds: readonly Deed[]): Generator<string> {
  const stored = deeds.filter(({ told }) => told?.as === "stored");
  for (const { told, begunAt } of deeds) {
    if (told?.as !== "found") continue;
    const lost = stored.find(
      (deed) =>
        (deed.toldAt ?? begunAt) < begunAt &&
        (lifeOf(deed) > told.epoch || (lifeOf(deed) === told.epoch && revisionOf(deed) > told.revision)),
    );
    if (lost)
      yield `lost: ${lost.attempt} was told, and epoch ${told.epoch}, revision ${told.revision} is read after that`;
  }
  for (const [index, deed] of stored.entries()) {
    for (const other of stored.slice(0, index)) {
      const [epoch, earlier] = [lifeOf(deed), lifeOf(other)];
      if (epoch === earlier && revisionOf(deed) === revisionOf(other))
        yield `${deed.attempt} and ${other.attempt} were both told revision ${revisionOf(deed)} of epoch ${epoch}`;
      if (deed.kind !== "register") continue;
      if ((other.toldAt ?? 0) < deed.begunAt && epoch <= earlier)
        yield `${deed.attempt} got epoch ${epoch}, though ${earlier} had been given before`;
    }
  }
}

/** What is left of it has been written by somebody, and is what was told last. */
function* standing(deeds: readonly Deed[], found: Registration): Generator<string> {
  const { attempt, epoch, revision, metadata, expiresAt } = found;
  const author = deeds.find((deed) => deed.attempt === attempt);
  if (author === undefined) {
    yield `phantom: nobody has written ${attempt}`;
    return;
  }
  if (author.told?.as === "refused") yield `phantom: ${attempt} had been refused`;
  if (!isDeepStrictEqual(author.metadata, metadata)) yield `torn: ${attempt} wrote other metadata`;
  const told = deeds.filter((deed) => deed.told?.as === "stored");
  const latest = Math.max(0, ...told.map(lifeOf));
  if (epoch < latest) yield `lost: epoch ${latest} was told, and ${epoch} is found`;
  for (const deed of told.filter((one) => lifeOf(one) === epoch)) {
    if (revisionOf(deed) > revision)
      yield `lost: ${deed.attempt} was told revision ${revisionOf(deed)}, and ${revision} is found`;
    if (revisionOf(deed) === revision && deed !== author)
      yield `lost: ${deed.attempt} was told what ${attempt} has written`;
  }
  const updates = deeds.filter((deed) => deed.kind === "update" && deed.epoch === epoch && deed.told?.as !== "refused");
  if (revision > 1 + updates.length) yield `twice: ${updates.length} updates have come to revision ${revision}`;
  for (const { kind, epoch: ended, told: answer } of deeds) {
    if (kind === "unregister" && answer?.as === "deleted" && ended === epoch)
      yield `revived: epoch ${epoch} had been deleted`;
    if (answer?.as === "renewed" && ended === epoch && answer.expiresAt > (expiresAt ?? Number.POSITIVE_INFINITY))
      yield `lost: a renewal until ${answer.expiresAt} was told, and ${expiresAt} is found`;
  }
}

/** Who is gone has been deleted, in its last life that is known of or a later one. */
function* absence(deeds: readonly Deed[]): Generator<string> {
  const latest = Math.max(0, ...deeds.filter(({ told }) => told?.as === "stored").map(lifeOf));
  const isEnded = deeds.some(
    ({ kind, epoch = 0, told }) => kind === "unregister" && told?.as !== "refused" && epoch >= latest,
  );
  if (latest > 0 && !isEnded) yield `lost: epoch ${latest} was told, and nothing is found`;
}

function lifeOf({ told }: Deed): number {
  return told?.as === "stored" ? told.epoch : 0;
}

function revisionOf({ told }: Deed): number {
  return told?.as === "stored" ? told.revision : 0;
}
