/** Storing entries: `setMany`. */

import { checkEntries, checkRecord, type SetEntry, type SetOutcome } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { decodeMetadata, decodeStamp, encodeRecord, registrationOf, type Stamp } from "../codec.ts";
import { NAME } from "../errors.ts";
import { setScript } from "../scripts/set.ts";
import { NAME_LIMITS, RECORD_LIMITS } from "./arguments.ts";
import { partsOf, sendParts } from "./batches.ts";
import { begin, mayBegin, startedAt } from "./beginning.ts";
import { type Namespace, runIndexed } from "./namespace.ts";
import { listIn, numberIn, optionalTextIn, textIn, unexpected } from "./replies.ts";
import { type Draft, setArguments } from "./set-arguments.ts";

/** The contract's `setMany`. */
export async function setMany(
  namespace: Namespace,
  entries: readonly SetEntry[],
  call: RedisCall,
): Promise<readonly SetOutcome[]> {
  checkEntries(entries, NAME_LIMITS, NAME);
  const drafts = entries.map(draftOf);
  const [only, second] = drafts;
  if (only !== undefined && second === undefined && mayBegin(only.entry)) {
    const begun = await begin(namespace, only, call);
    return begun === undefined ? setPart(namespace, drafts, call) : [begun];
  }
  const parts = partsOf(drafts, ({ record }) => record.length, namespace.catalogue.indexKeys.length);
  return sendParts(parts, `${NAME}.setMany`, call, async (part) => setPart(namespace, part, call));
}

function draftOf(entry: SetEntry): Draft {
  const record = encodeRecord(entry.attempt, entry.metadata);
  checkRecord(entry, record, RECORD_LIMITS, NAME);
  return { entry, record };
}

async function setPart(
  namespace: Namespace,
  drafts: readonly Draft[],
  call: RedisCall,
): Promise<readonly SetOutcome[]> {
  const reply = await runIndexed(
    namespace,
    setScript,
    (catalogue) => setArguments(drafts, catalogue, namespace.maxIdentities),
    call,
  );
  return outcomesIn(listIn(reply), drafts);
}

/** The reply tells only what the caller can't know; see `setScript`. */
function outcomesIn(reply: readonly unknown[], drafts: readonly Draft[]): readonly SetOutcome[] {
  const now = numberIn(reply[0]);
  let epoch = numberIn(reply[1]);
  const codes = textIn(reply[2]);
  const stamps = listIn(reply[3] ?? []).values();
  const records = listIn(reply[4] ?? []).values();
  const nextStamp = (): Stamp => decodeStamp(textIn(stamps.next().value));
  const refusedBy = (refused: "exists" | "conflict" | "fenced", { identity }: SetEntry): SetOutcome => {
    const [stamp, record] = [nextStamp(), optionalTextIn(records.next().value)];
    if (record === undefined) return { refused };
    return { refused, current: registrationOf(identity, stamp, decodeMetadata(record)) };
  };
  return drafts.map(({ entry }, index): SetOutcome => {
    const { identity, metadata } = entry;
    switch (codes[index]) {
      case "n":
        return { stored: startedAt(now, entry, epoch++) };
      case "w":
        return { stored: registrationOf(identity, nextStamp(), metadata) };
      case "a": {
        const [stamp, record] = [nextStamp(), optionalTextIn(records.next().value)];
        // A record that was left out is what this attempt has written, which is what it writes now.
        return { stored: registrationOf(identity, stamp, record === undefined ? metadata : decodeMetadata(record)) };
      }
      case "x":
        return refusedBy("exists", entry);
      case "c":
        return refusedBy("conflict", entry);
      case "f":
        return refusedBy("fenced", entry);
      case "g":
        return { refused: "fenced" };
      case "s":
        return { refused: "session" };
      case "q":
        return { refused: "quota" };
      default:
        throw unexpected(codes);
    }
  });
}
