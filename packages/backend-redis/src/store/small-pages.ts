/**
 * Small pages of whoever stands in one stretch of an index: one script gives candidates and stamps, and their records at
 * once, and nothing is counted first, for there is nothing to choose from. It is the quickest way to a page that somebody
 * looks at, and holds a server up longer than plain commands for the same: long pages, and many of them, are read otherwise.
 */

import type { Registration } from "@muster/core/slots";
import type { Filter } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { narrowingIn } from "../indexes/choice.ts";
import { rangeBehind, type Stretch, stretchOf } from "../indexes/stretch.ts";
import { stretchScript } from "../scripts/candidates.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { Namespace } from "./namespace.ts";
import type { PageSource } from "./pages.ts";
import { bytesIn, unexpected } from "./replies.ts";
import type { Selector } from "./selecting.ts";
import { readAtOnce, readChanged, type SmallPage } from "./small-page-reading.ts";

/** Candidates of one script, which takes it some 300 µs, or 5 ms where their records are large. */
const MAX_SMALL = 256;

export interface SmallPages {
  readonly filter: Filter;
  readonly pageSize: number;
  readonly selector: Selector;
}

/**
 * Reads by the script as long as once more will fill the page, as far as can be told; whatever lies behind is read from
 * `others`, and so is everything where the script doesn't serve.
 */
export function smallPagesOr(
  others: PageSource<Registration>,
  namespace: Namespace,
  query: SmallPages,
): PageSource<Registration> {
  if (query.pageSize > MAX_SMALL) return others;
  return async function* (after, call, appetite) {
    let behind = after;
    do {
      const read = await readSmall(namespace, query, behind ?? "", call);
      if (read === undefined) break;
      yield read;
      if (read.last === undefined) return;
      behind = read.last;
    } while (appetite.reads === 1);
    yield* others(behind, call, appetite);
  };
}

/**
 * Whoever asks for a page again is answered without the records that he has been given before. The first time all of them
 * come at once, and nothing is kept: so a page that is asked for once costs nothing more.
 *
 * `undefined`: those whom the filter selects don't stand in one stretch.
 */
async function readSmall(
  namespace: Namespace,
  { filter, pageSize, selector }: SmallPages,
  after: string,
  call: RedisCall,
): Promise<SmallPage | undefined> {
  const { client, keys, catalogue, pages } = namespace;
  while (true) {
    const { version } = catalogue;
    const stretch = stretchIn(namespace, filter);
    if (stretch === undefined) return undefined;
    const { min, max = "" } = rangeBehind(stretch, after);
    const place = `${stretch.key} ${min}`;
    const kept = pages.find(place);
    const sentAt = performance.now();
    const reply = await client.run(
      stretchScript,
      [keys.catalogue, stretch.key, keys.stamps, keys.records],
      [version, min, max, pageSize, Buffer.byteLength(stretch.prefix) + 1, kept === undefined ? 1 : 0],
      call,
      "bytes",
    );
    if (Array.isArray(reply)) {
      const answer = { reply, sentAt, size: pageSize };
      const read = kept && (await readChanged(namespace, answer, { kept, selector }, call));
      pages.keep(place, read?.kept);
      return read?.page ?? readAtOnce(namespace, answer, selector);
    }
    if (bytesIn(reply).toString() !== STALE_CATALOGUE) throw unexpected(reply);
    await catalogue.reload(call);
  }
}

function stretchIn({ catalogue, keys }: Namespace, filter: Filter): Stretch | undefined {
  const { current } = catalogue;
  const narrowing = narrowingIn(current, filter);
  return narrowing !== undefined && "index" in narrowing ? stretchOf([narrowing], keys, current) : undefined;
}
