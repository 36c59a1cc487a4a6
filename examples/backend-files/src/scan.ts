/** Whom a scan goes through, and in which order. */

import { compareStrings } from "@muster/filter";
import type { Steps } from "./client.ts";
import { identityOf, type Key } from "./keys.ts";
import type { NamespaceFolder } from "./namespace-folder.ts";

/**
 * The identities behind `after`, in UTF-8 byte order, which is not the order of their files: a name escapes what it can't
 * spell. A name that was cut doesn't tell its identity, so that file is read.
 */
export async function identitiesInOrder(
  folder: NamespaceFolder,
  keys: readonly Key[],
  after: string | undefined,
  steps: Steps,
): Promise<readonly string[]> {
  const known = keys.flatMap(({ name }) => identityOf(name) ?? []);
  const cut = keys.filter(({ name }) => identityOf(name) === undefined);
  const read = (await folder.readAll(cut, steps)).flatMap((record) => record?.registration.identity ?? []);
  return [...known, ...read]
    .filter((identity) => after === undefined || compareStrings(identity, after) > 0)
    .sort(compareStrings);
}
