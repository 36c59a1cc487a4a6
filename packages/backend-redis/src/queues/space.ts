/** One namespace as an open durability slot knows it. */

import { createHash } from "node:crypto";
import type { DurabilityScope } from "@muster/core/slots";
import type { RedisArgument, RedisCall, RedisClient } from "../client.ts";
import { queuesKey } from "../keys.ts";
import type { Script } from "../scripts/script.ts";
import { bytesIn } from "../store/replies.ts";
import { Audiences } from "./audiences.ts";
import { GivenPages } from "./given-pages.ts";
import { PageTexts } from "./page-texts.ts";
import { ReceiptReader } from "./receipts.ts";
import { Recipients } from "./recipients.ts";
import { StoredMessages } from "./stored-messages.ts";

export interface Space {
  readonly client: RedisClient;
  /** Frozen: what all scripts of the queues are given. */
  readonly keys: readonly string[];
  readonly scope: DurabilityScope;
  /** Begins every receipt, so that none of another namespace is taken for one of this. */
  readonly seal: string;
  /** What a handler's own keys need in a cluster: see `queues/transaction.ts`. */
  readonly hashTag: string;
  readonly stored: StoredMessages;
  readonly audiences: Audiences;
  /** Held for the reason that {@link Recipients} are. */
  readonly receipts: ReceiptReader;
  readonly given: GivenPages;
  readonly pageTexts: PageTexts;
  readonly recipients: Recipients;
}

const SEAL_DIGITS = 8;

export function spaceOf(client: RedisClient, namespace: string, scope: DurabilityScope): Space {
  const key = queuesKey(client.prefix, namespace);
  const seal = createHash("sha256").update(key).digest("hex").slice(0, SEAL_DIGITS);
  const audiences = new Audiences();
  const known = {
    stored: new StoredMessages(),
    audiences,
    recipients: new Recipients(audiences),
    receipts: new ReceiptReader(seal),
    given: new GivenPages(),
    pageTexts: new PageTexts(),
  };
  return { client, keys: Object.freeze([key]), scope, seal, hashTag: `{${namespace}}`, ...known };
}

/** Strings in the answer are bytes. */
export async function run(
  { client, keys }: Space,
  script: Script,
  args: readonly RedisArgument[],
  call: RedisCall,
): Promise<unknown> {
  return client.run(script, keys, args, call, "bytes");
}

/** What a script could not do before the lane of a session is short enough to be looked through. */
export function crowdedIn(reply: unknown): string | undefined {
  if (!Array.isArray(reply) || reply.length !== 2 || !(reply[0] instanceof Buffer)) return undefined;
  return reply[0].equals(CROWDED) ? bytesIn(reply[1]).toString() : undefined;
}

const CROWDED = Buffer.from("crowded");
