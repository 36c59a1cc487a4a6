/** Names that mean something to Redis, to NATS, to shells, or to whoever joins names with dots. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { natsMessaging } from "@muster/backend-nats";
import { redisMessaging, redisRegistry } from "@muster/backend-redis";
import { type Fleet, openRegistry } from "@muster/core";
import type { MessagingBackend } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, test } from "vitest";

const HOSTILE = [
  ...[" ", " a", "a ", "a b", "a  b", "*", "a*", "**", ">", "a.>", "a.*", ".", "..", "a.b", ".a", "a.", "a..b"],
  ...[
    "{}",
    "{a}",
    "{",
    "}",
    "}{",
    "{a}b",
    "[a]",
    "?",
    "^a",
    "a/b",
    "a\\b",
    "a:b",
    "a|b",
    "a,b",
    "a%20b",
    "%2A",
    "%",
    "+",
  ],
  ...["'", '"', "`", "a$", "#", "~", "-", "_", "=", "@", "&", "a", "A", "__proto__", "constructor", "null"],
  ...["é", "e\u0301", "ß", "ẞ", "中", "😀", "👨‍👩‍👧", "\u202Ea", "\u00A0", "\u200B", "\uFEFFa", "\uFFFD"],
  ...["x".repeat(256), `${"x".repeat(255)}y`, "😀".repeat(64), `${"😀".repeat(63)}😁`],
];

/** What everyone was handed, by namespace and identity. */
type Heard = Map<string, string[]>;

/** Registers everyone, each under an address of its own or all under that of their process. */
async function muster(fleet: Fleet, heard: Heard, withAddress: boolean): Promise<void> {
  for (const name of HOSTILE) {
    const received: string[] = [];
    heard.set(`${fleet.namespace} ${name}`, received);
    const address = withAddress ? { address: name } : {};
    const onMessage = (message: { readonly identity: string; text(): string }): void => {
      received.push(`${message.identity} ${message.text()}`);
    };
    await fleet.register(name, { name }, { onMessage, ...address });
  }
}

async function expectOwnMessages(
  redis: string,
  messaging: () => MessagingBackend,
  withAddress: boolean,
): Promise<void> {
  const open = async (namespace: string): Promise<Fleet> =>
    openRegistry({ namespace, registry: redisRegistry({ url: redis }), messaging: messaging() });
  const [here, elsewhere] = [randomUUID(), randomUUID()];
  const heard: Heard = new Map();
  await using fleet = await open(here);
  await using other = await open(elsewhere);
  await using sender = await open(here);
  await muster(fleet, heard, withAddress);
  await muster(other, heard, withAddress);

  const everyone = { targetCount: HOSTILE.length, deliveredCount: HOSTILE.length };
  expect(await sender.multicast(null, "all")).toMatchObject(everyone);
  for (const name of HOSTILE) {
    const { targetCount, deliveredCount } = await sender.multicast({ $identity: { $eq: name } }, `for ${name}`);
    expect({ name, targetCount, deliveredCount }).toEqual({ name, targetCount: 1, deliveredCount: 1 });
    expect(await sender.get(name)).toMatchObject({ identity: name, metadata: { name } });
  }
  expect(await other.multicast(null, "elsewhere")).toMatchObject(everyone);
  const end = performance.now() + 10_000;
  while ([...heard.values()].flat().length < 3 * HOSTILE.length && performance.now() < end) await delay(20);
  await fleet.close(); // Only now can no stray arrive any more.
  await other.close();
  for (const name of HOSTILE) {
    expect(heard.get(`${here} ${name}`)).toEqual([`${name} all`, `${name} for ${name}`]);
    expect(heard.get(`${elsewhere} ${name}`)).toEqual([`${name} elsewhere`]);
  }
}

await withServer("redis", {}, ({ url: redis }) =>
  withServer("nats", {}, ({ url: nats }) => {
    const brokers = {
      "Redis Pub/Sub": (): MessagingBackend => redisMessaging({ url: redis }),
      NATS: (): MessagingBackend => natsMessaging({ servers: nats }),
    };
    describe.each(["Redis Pub/Sub", "NATS"] as const)("over %s", { timeout: 40_000 }, (broker) => {
      test("everyone gets exactly their own messages, whatever they are called", async () => {
        await expectOwnMessages(redis, brokers[broker], false);
      });

      test("so they do under addresses that are called the same", async () => {
        await expectOwnMessages(redis, brokers[broker], true);
      });
    });
  }),
);
