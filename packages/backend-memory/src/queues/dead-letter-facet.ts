/** The dead-letter facet. */

import {
  type Call,
  checkPageSize,
  type DeadLetter,
  type DeadLetterFacet,
  type DeadLetterKey,
} from "@muster/core/slots";
import { checkDurableBatch, checkTtl } from "../arguments.ts";
import { NAME } from "../client.ts";
import type { Access } from "./access.ts";
import { type LetterQuery, lettersBehind, purgeLetter, redriveLetter } from "./dead-letters.ts";
import { refusalsOf } from "./refusal.ts";

export function deadLetterFacet(access: Access): DeadLetterFacet {
  return {
    list: (query, call) => pages(access, query, call),
    redriveMany: (keys, { ttlMs }, call) =>
      access.run("redriveMany", call, (queues, { now, maxQueued }) => {
        checkDurableBatch(keys, "redriveMany");
        checkTtl(ttlMs, "redriveMany");
        const options = { intake: queues.intake(now + ttlMs), maxQueued };
        return refusalsOf("redriveMany", keys, identityOf, (key) => redriveLetter(queues, key, options));
      }),
    purgeMany: (keys, call) =>
      access.run("purgeMany", call, (queues) => {
        checkDurableBatch(keys, "purgeMany");
        return refusalsOf("purgeMany", keys, identityOf, (key) => purgeLetter(queues, key));
      }),
  };
}

async function* pages(
  access: Access,
  query: LetterQuery,
  call: Call,
): AsyncGenerator<readonly DeadLetter[], void, undefined> {
  checkPageSize(query.pageSize, `${NAME}.list`);
  let next = query;
  while (true) {
    const page = await access.run("list", call, (queues) => lettersBehind(queues, next));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < query.pageSize) return;
    next = { ...query, after: last };
  }
}

function identityOf({ identity }: DeadLetterKey): string {
  return identity;
}
