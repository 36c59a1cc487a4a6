/** What came out of an inbox: what may have, and what no promise allows. */

import type { Anomaly } from "./finding.ts";
import type { InboxStory, Publication, Reception, Timeline } from "./timeline.ts";

/** A message that arrived where it may. */
export interface Arrival {
  readonly publication: Publication;
  readonly at: number;
}

/** Everything that arrived in one inbox, in order, sorted into arrivals and intruders. */
export function sortedReceptions(
  inbox: string,
  story: InboxStory,
  { publications }: Timeline,
  retains: boolean,
): { readonly arrivals: readonly Arrival[]; readonly intruders: readonly Anomaly[] } {
  const arrivals: Arrival[] = [];
  const intruders: Anomaly[] = [];
  for (const reception of story.receptions) {
    const { message, address, at } = reception;
    const publication = publications.get(message);
    const [kind, because] = intrusion(reception, publication, story, retains) ?? [];
    if (kind !== undefined && because !== undefined) intruders.push({ kind, inbox, message, address, at, because });
    else if (publication !== undefined) arrivals.push({ publication, at });
  }
  return { arrivals, intruders };
}

function intrusion(
  { address, at }: Reception,
  publication: Publication | undefined,
  { windows }: InboxStory,
  retains: boolean,
): readonly [kind: "phantom" | "leak" | "stray", because: string] | undefined {
  if (publication === undefined || publication.publishedAt > at) return ["phantom", "which nobody had published"];
  if (publication.outcome === "refused") return ["phantom", "which the broker had refused"];
  if (publication.address !== address) {
    return ["leak", `which was published to ${JSON.stringify(publication.address)}`];
  }
  const known = windows.get(address);
  if (known === undefined) return ["leak", "where it never listened"];
  const { publishedAt, answeredAt } = publication;
  const begun = known.filter(({ addingAt }) => addingAt < at && (retains || addingAt < answeredAt));
  if (begun.length === 0) return ["stray", "from before it was asked to listen"];
  if (begun.some(({ goneAt }) => goneAt > publishedAt)) return undefined;
  return ["stray", "from after it had stopped listening"];
}
