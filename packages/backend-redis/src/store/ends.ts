/** Ends: `deleteMany`, `reap` and `confirmMany`. */

import { type DeleteKey, type DeleteOutcome, type ReapClaim, SESSION_PREFIX } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { decodeMetadata, decodeStamp, registrationOf } from "../codec.ts";
import { NAME } from "../errors.ts";
import { deleteOneScript } from "../scripts/delete-one.ts";
import { confirmScript, deleteScript, reapScript } from "../scripts/ends.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import { MAX_ENTRIES, partsOf, sendParts } from "./batches.ts";
import { type Namespace, runIndexed } from "./namespace.ts";
import { listIn, textIn, unexpected } from "./replies.ts";

const OUTCOMES: ReadonlyMap<string, DeleteOutcome> = new Map([
  ["d", "deleted"],
  ["a", "absent"],
  ["f", "fenced"],
]);

/** The contract's `deleteMany`. */
export async function deleteMany(
  namespace: Namespace,
  keys: readonly DeleteKey[],
  call: RedisCall,
): Promise<readonly DeleteOutcome[]> {
  const [only, second] = keys;
  if (only !== undefined && second === undefined && !only.identity.startsWith(SESSION_PREFIX))
    return [await deleteOne(namespace, only, call)];
  const parts = partsOf(keys, ({ identity }) => identity.length, namespace.catalogue.indexKeys.length);
  return sendParts(parts, `${NAME}.deleteMany`, call, async (part) => {
    const columns = [...part.map(({ identity }) => identity), ...part.map(argumentOf)];
    const reply = await runIndexed(namespace, deleteScript, ({ version }) => [version, ...columns], call);
    return Array.from(textIn(reply), outcomeIn);
  });
}

async function deleteOne({ client, catalogue }: Namespace, key: DeleteKey, call: RedisCall): Promise<DeleteOutcome> {
  while (true) {
    const inputs = [catalogue.version, key.identity, argumentOf(key)];
    const reply = await client.run(deleteOneScript, catalogue.beginKeys, inputs, call);
    if (reply !== STALE_CATALOGUE) return outcomeIn(textIn(reply));
    await catalogue.reload(call);
  }
}

/** Which life it is that is to end. */
function argumentOf(key: DeleteKey): string {
  return "epoch" in key ? `e${key.epoch}` : `a${key.attempt}`;
}

function outcomeIn(code: string): DeleteOutcome {
  return OUTCOMES.get(code) ?? raise(code);
}

/** The contract's `reap`, of which one call hands out no more than 250 steps. */
export async function reap(
  { client, plainWriteKeys }: Namespace,
  options: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
  call: RedisCall,
): Promise<readonly ReapClaim[]> {
  const limit = Math.min(Math.floor(options.limit), MAX_ENTRIES);
  const claimMs = Math.ceil(options.claimMs);
  const counts = [String(limit), String(claimMs), String(Math.ceil(options.graceMs))];
  const reply = listIn(await client.run(reapScript, plainWriteKeys, counts, call));
  const [stamps, texts] = [listIn(reply[1]), listIn(reply[2])];
  return listIn(reply[0]).map((name, index) => {
    const stamp = decodeStamp(textIn(stamps[index]));
    const registration = registrationOf(textIn(name), stamp, decodeMetadata(textIn(texts[index])));
    return { registration, step: stamp.isStanding ? "expired" : "over" };
  });
}

/** The contract's `confirmMany`. */
export async function confirmMany(namespace: Namespace, claims: readonly ReapClaim[], call: RedisCall): Promise<void> {
  const lengthOf = ({ registration }: ReapClaim): number => registration.identity.length;
  const parts = partsOf(claims, lengthOf, namespace.catalogue.indexKeys.length);
  await sendParts(parts, `${NAME}.confirmMany`, call, async (part) => {
    const columns = [
      ...part.map(({ registration }) => registration.identity),
      ...part.map(({ registration, step }) => `${step === "expired" ? "e" : "o"}${registration.epoch}`),
    ];
    await runIndexed(namespace, confirmScript, ({ version }) => [version, ...columns], call);
    return [];
  });
}

function raise(reply: unknown): never {
  throw unexpected(reply);
}
