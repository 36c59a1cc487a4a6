/** The durable messages that nobody could handle: read, tried once more, thrown away. */

import { invalidArgument, isTimeout } from "./call.ts";
import type { Context } from "./context.ts";
import type { DeadMessage, DeadMessageKey } from "./dead-message.ts";
import { checkIdentity } from "./input/identity.ts";
import { Bells } from "./sending/durable/bells.ts";
import { nodesServing } from "./sending/durable/nodes.ts";
import { unsupported } from "./sending/path.ts";
import type { BatchFailure, Call, DeadLetter, DeadLetterFacet, DeadLetterKey } from "./slots/index.ts";
import { firstPage } from "./tasks/first-page.ts";
import { retry } from "./tasks/retry.ts";
import type { RunPage } from "./tasks/run-page.ts";

const SOURCE = "core.deadLetters";
const PAGE = 100;

/** @throws UNSUPPORTED, INVALID_IDENTITY at the first step; what the store throws. */
export async function* listDeadLetters(
  context: Context,
  { identity }: { readonly identity?: string },
  runPage: RunPage,
): AsyncGenerator<DeadMessage, void, undefined> {
  const facet = facetOf(context);
  const of = identity === undefined ? {} : { identity: checkIdentity(identity, SOURCE) };
  let page: readonly DeadLetter[] = [];
  do {
    const last = page.at(-1);
    const query = { pageSize: PAGE, ...of, ...(last === undefined ? {} : { after: keyOf(last) }) };
    page = await runPage((call) => retry(call, SOURCE, () => firstPage(facet.list(query, call))));
    for (const letter of page) yield messageOf(letter);
  } while (page.length > 0);
}

/** Repeating it is safe. @throws UNSUPPORTED, INVALID_ARGUMENT; what the store throws. */
export async function redriveDeadLetters(
  context: Context,
  keys: readonly DeadMessageKey[],
  { ttlMs = context.timing.messageTtlMs }: { readonly ttlMs?: number },
  call: Call,
): Promise<number> {
  if (!isTimeout(ttlMs)) throw invalidArgument(SOURCE, "ttlMs must be a number of ms above 0");
  const facet = facetOf(context);
  const bells = new Bells(context.messaging, call);
  const redriven = await inBatches(context, checkedKeys(keys), async (batch) => {
    const failures = await retry(call, SOURCE, () => facet.redriveMany(batch, { ttlMs }, call));
    bells.ring(await nodesServing(context, batch, call));
    return failures;
  });
  await bells.finish();
  return redriven;
}

/** @throws UNSUPPORTED, INVALID_ARGUMENT; what the store throws. */
export async function purgeDeadLetters(context: Context, keys: readonly DeadMessageKey[], call: Call): Promise<number> {
  const facet = facetOf(context);
  return await inBatches(context, checkedKeys(keys), (batch) =>
    retry(call, SOURCE, () => facet.purgeMany(batch, call)),
  );
}

/** How many of them did not fail. */
async function inBatches(
  { durability }: Context,
  keys: readonly DeadLetterKey[],
  work: (batch: readonly DeadLetterKey[]) => Promise<readonly BatchFailure[]>,
): Promise<number> {
  const size = durability?.traits.maxBatch ?? keys.length;
  let done = 0;
  for (let from = 0; from < keys.length; from += size) {
    const batch = keys.slice(from, from + size);
    done += batch.length - (await work(batch)).length;
  }
  return done;
}

function facetOf({ durability }: Context): DeadLetterFacet {
  if (durability?.deadLetters !== undefined) return durability.deadLetters;
  const why = durability === undefined ? "there is no durability slot" : `${durability.name} does not keep them`;
  throw unsupported("deadLetters", why, SOURCE);
}

function checkedKeys(keys: readonly DeadMessageKey[]): readonly DeadLetterKey[] {
  if (Array.isArray(keys) && keys.every(isKey)) return keys.map(({ id, identity }) => ({ messageId: id, identity }));
  throw invalidArgument(SOURCE, "keys is a list of { id, identity }, as `list` gives them");
}

function isKey(key: unknown): key is DeadMessageKey {
  if (typeof key !== "object" || key === null || !("id" in key) || !("identity" in key)) return false;
  return typeof key.id === "string" && typeof key.identity === "string";
}

function keyOf({ messageId, identity }: DeadLetter): DeadLetterKey {
  return { messageId, identity };
}

function messageOf({ messageId, ...letter }: DeadLetter): DeadMessage {
  return { id: messageId, ...letter };
}
