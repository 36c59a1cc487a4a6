/** For writes that are refused although nothing else is known: somebody has removed messages, or long ago this client did. */

import { decodeRecord } from "./record.ts";
import { entryOf } from "../mirror/entry.ts";
import type { Change } from "./deciding.ts";
import type { Store } from "./store.ts";
import { subjectOf } from "./stream.ts";

interface Found {
  readonly message?: { readonly seq: number; readonly data?: string; readonly time: string };
}

/** Reads what the stream has of these identities, one by one. @throws UNAVAILABLE */
export async function lookAgain(store: Store, changes: readonly Change[], operation: string): Promise<void> {
  const stream = store.feed.check(operation);
  const identities = changes.map(({ line }) => line.identity);
  const bodies = identities.map((identity) => ({ last_by_subj: subjectOf(stream, identity) }));
  const answers = await store.ask("MSG.GET", bodies, operation);
  for (const [index, answer] of answers.entries()) {
    const known = store.entries.find(identities[index] ?? "");
    const { message } = (answer ?? {}) as Found;
    if (message !== undefined && message.seq > (known?.sequence ?? 0)) {
      const written = decodeRecord(Buffer.from(message.data ?? "", "base64").toString());
      const stored = { sequence: message.seq, time: Date.parse(message.time) };
      store.entries.put(entryOf(written, stored, stream.epochBase));
    }
    if (answer?.error?.code === 404 && known !== undefined) store.entries.remove(known);
  }
}
