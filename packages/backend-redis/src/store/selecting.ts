/** Which records are given out: the record decides, whatever has proposed it. */

import type { Registration } from "@muster/core/slots";
import { compileFilter, type Filter, needsFacts, type TextTest, textTest } from "@muster/filter";
import { parseMetadata, registrationOf, type Stamp } from "../codec.ts";

/** Decides about records by their metadata, as JSON text. */
export interface Selector {
  /** Absent: there is nothing to be said before it is parsed. False: it is not given out, whatever its stamp. */
  readonly mayGive: TextTest | undefined;
  /** The registration of a live record, if it is given out. */
  give(identity: string, stamp: Stamp, json: string): Registration | undefined;
}

export const EVERY_RECORD: Selector = {
  mayGive: undefined,
  give: (identity, stamp, json) => registrationOf(identity, stamp, parseMetadata(json)),
};

/** No native filter asks whether a registration is attached. */
export function selectorOf(filter: Filter): Selector {
  const matches = compileFilter(filter);
  const asksFacts = needsFacts(filter);
  return {
    mayGive: textTest(filter),
    give(identity, stamp, json) {
      const metadata = parseMetadata(json);
      const facts = asksFacts ? { identity, registeredAt: stamp.registeredAt, attached: false } : undefined;
      return matches(metadata, facts) ? registrationOf(identity, stamp, metadata) : undefined;
    },
  };
}
