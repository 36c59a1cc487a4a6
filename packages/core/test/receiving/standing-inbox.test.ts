import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import { openNode } from "../../src/receiving/node.ts";
import { boundedChannel, type Delivery, linkCall } from "../../src/slots/index.ts";
import { rejected } from "../support/codes.ts";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";
import { frameFor } from "../support/node.ts";
import { CALL, collector, openMessaging } from "../support/world.ts";

test("a thousand who want the same address at once make it live once, and one who gives up stops none of them", async () => {
  const added: (readonly string[])[] = [];
  const messaging = interposed(await openMessaging(memoryHub()), {
    openInbox: (open) => async (options, call) =>
      interposed(await open(options, call), {
        addMany: (add) => async (addresses, addCall) => {
          added.push(addresses);
          return await add(addresses, addCall);
        },
      }),
  });
  const node = openNode({
    messaging,
    events: { onReplaced: () => {}, onRoute: () => {}, onBell: () => {}, onReceipts: () => {} },
    warn: () => {},
  });
  const controller = new AbortController();
  using impatient = linkCall({ signal: controller.signal }, 10_000, "test.open");
  const gaveUp = rejected("ABORTED", node.open(impatient));
  const opened = Promise.all(Array.from({ length: 1_000 }, () => node.open(CALL)));
  controller.abort();
  await gaveUp;
  await opened;
  expect(added).toEqual([[node.address]]);
  await node.close();
});

test("of fifty thousand messages that come at once none is lost, though their broker drops what an inbox can't hold", async () => {
  const burst = 50_000;
  const messages: Message[] = [];
  const messaging = interposed(await openMessaging(memoryHub()), {
    openInbox: (open) => async (options, call) => {
      const channel = boundedChannel<Delivery>(options.prefetch);
      return interposed(await open(options, call), {
        addMany:
          () =>
          async ([address = ""]) => {
            const { body } = frameFor([["sensor", 1]]);
            for (let index = 0; index < burst; index += 1) channel.push({ address, headers: {}, body });
            return [];
          },
        [Symbol.asyncIterator]: () => () => channel[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: (dispose) => async () => {
          channel.close();
          await dispose();
        },
      });
    },
  });
  const node = openNode({
    messaging,
    events: { onReplaced: () => {}, onRoute: () => {}, onBell: () => {}, onReceipts: () => {} },
    warn: () => {},
  });
  node.expect("sensor").attach(1, collector(messages));
  await node.open(CALL);
  await eventually("everything has come", () => messages.length === burst);
  await node.close();
});
