/** The dead-letter facet. */

import {
  checkPageSize,
  type Call,
  type DeadLetter,
  type DeadLetterFacet,
  type DeadLetterKey,
} from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Access } from "./access.ts";
import { checks } from "./arguments.ts";
import type { DeadLetterQuery } from "./dead-letters.ts";

export function deadLetterFacet(access: Access): DeadLetterFacet {
  return {
    list: (query, call) => pages(access, query, call),
    redriveMany: async (keys, { ttlMs }, call) =>
      access.askFor("redriveMany", keys, identityOf, call, () => {
        checks.checkBatch(keys, "redriveMany");
        checks.checkTtl(ttlMs, "redriveMany");
        return { keys: keys.map(keyOf), ttlMs: Math.ceil(ttlMs) };
      }),
    purgeMany: async (keys, call) =>
      access.askFor("purgeMany", keys, identityOf, call, () => {
        checks.checkBatch(keys, "purgeMany");
        return { keys: keys.map(keyOf) };
      }),
  };
}

async function* pages(
  access: Access,
  query: DeadLetterQuery,
  call: Call,
): AsyncGenerator<readonly DeadLetter[], void, undefined> {
  checkPageSize(query.pageSize, `${NAME}.list`);
  yield* access.pages<DeadLetter>("list", call, async (space, last, sent) => {
    const behind = last === undefined ? query : { ...query, after: keyOf(last) };
    return access.client.run("readDeadLetters", { ...space, query: behind }, sent);
  });
}

/** Nothing else of a whole letter is worth sending. */
function keyOf({ identity, messageId }: DeadLetterKey): DeadLetterKey {
  return { identity, messageId };
}

function identityOf({ identity }: DeadLetterKey): string {
  return identity;
}
